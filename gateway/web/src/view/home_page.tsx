// The home feed: new posts at a press, the field for a post, the order in which they come. Used by shell.tsx.
import { useEffect } from 'preact/hooks';
import type { Store } from '../store.ts';
import type { FeedPreferences } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { Compose } from './compose.tsx';
import { Icon } from './elements.tsx';
import { list_rows, useList } from './list_rows.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PostView } from './post_view.tsx';
import { VirtualRows, type Row } from './virtual_rows.tsx';

const part_words: Record<string, string> = { user: 'names of people', content: 'posts' };

export function HomePage({ store }: PageProps) {
  const { social } = store;
  const { feed } = social;
  useList(feed);
  useEffect(() => {
    if (!social.preferences) social.read_preferences().catch(() => {});
    // At its top the feed begins with what is new now.
    if (feed.loaded && feed.place.offset === 0) void social.refresh_feed();
  }, []);
  const rows: Row[] = [{ key: 'compose', article: false, draw: () => <Compose store={store} /> }];
  if (social.degraded.length > 0) rows.push({ key: 'degraded', article: false, draw: () => <Degraded store={store} /> });
  rows.push(...list_rows(feed, {
    key: (item) => item.post?.post_id ?? '',
    draw: (item) => {
      const post = social.posts.get(item.post?.post_id ?? '') ?? item.post;
      return post && <PostView store={store} post={post} item={item} />;
    },
    empty: <Welcome />,
    end: 'That is all for now.',
  }));
  return (
    <section class="page" aria-label="Home">
      <PageHead title="Home"><Order store={store} /></PageHead>
      <div class="page-body">
        {social.new_posts > 0 && (
          <button type="button" class="new-posts" aria-keyshortcuts="." onClick={() => void show_new(store)}>
            <Icon name="down" />{social.new_posts === 1 ? '1 new post' : `${social.new_posts} new posts`}</button>)}
        <VirtualRows rows={rows} place={feed.place} label="Feed" complete={feed.complete} more={() => void feed.more()} />
        <p class="visually-hidden" role="status">{social.new_posts > 0 ? 'New posts' : ''}</p>
      </div>
    </section>
  );
}

// The newest posts, with the feed at its top.
export async function show_new(store: Store): Promise<void> {
  const top = () => document.querySelector('.column-scroll')?.scrollTo(0, 0);
  store.social.feed.place.active = '';
  top();
  await store.social.refresh_feed();
  top();
}

function Order({ store }: { store: Store }) {
  const { preferences } = store.social;
  if (!preferences) return null;
  const change = (mode: FeedPreferences['mode']) => void attempt(store.social.set_preferences({ ...preferences, mode }));
  return (
    <label class="order">
      <span class="visually-hidden">Order of the feed</span>
      <select value={preferences.mode} onChange={(event) => change(event.currentTarget.value as FeedPreferences['mode'])}>
        <option value="chronological">Newest first</option>
        <option value="ranked">Ranked for you</option>
      </select>
    </label>
  );
}

function Degraded({ store }: { store: Store }) {
  const { degraded, feed } = store.social;
  const parts = degraded.map((one) => part_words[one] ?? one).join(' and ');
  return (
    <div class="notice degraded" role="status">
      <p>The {parts} cannot be shown at the moment.</p>
      <button type="button" class="secondary" onClick={() => void feed.refresh()}>Try again</button>
    </div>
  );
}

function Welcome() {
  return (
    <div class="welcome">
      <span class="brand-mark" aria-hidden="true" />
      <h3>Welcome to Nova</h3>
      <p>Here you see the posts of the people and hashtags that you follow.</p>
      <a class="primary link" href="#/search">Find people to follow</a>
    </div>
  );
}
