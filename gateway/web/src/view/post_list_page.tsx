// Pages that are one list of posts: bookmarks and a hashtag. Used by shell.tsx.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Paged } from '../paged.ts';
import type { Store } from '../store.ts';
import type { Post, PostPage } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { list_rows, useList } from './list_rows.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PostView } from './post_view.tsx';
import { VirtualRows, type Row } from './virtual_rows.tsx';

// The rows of a list of posts, each as it is now. Those that are gone leave it.
export function post_rows(store: Store, list: Paged<Post, PostPage>, empty: ComponentChildren, end = ''): Row[] {
  const { posts } = store.social;
  return list_rows(list, {
    key: (post) => post.post_id,
    draw: (post) => {
      const now = posts.get(post.post_id);
      return now ? <PostView store={store} post={now} /> : <p class="list-tail">This post was deleted.</p>;
    },
    empty, end,
  });
}

export function BookmarksPage({ store }: PageProps) {
  const { social } = store;
  const list = social.post_list('bookmarks', (cursor) => social.api.bookmarks(cursor));
  // What was kept or dropped since then shows at the next visit.
  useEffect(() => () => { if (list.place.offset === 0) social.forget_list('bookmarks'); }, [list]);
  useList(list);
  return (
    <section class="page" aria-label="Bookmarks">
      <PageHead title="Bookmarks" />
      <div class="page-body">
        <VirtualRows rows={post_rows(store, list, <p>Keep a post by its bookmark, and find it here. Nobody else sees it.</p>)} place={list.place}
          label="Bookmarked posts" complete={list.complete} more={() => void list.more()} />
      </div>
    </section>
  );
}

export function TagPage({ store, tag }: PageProps & { tag: string }) {
  const { social } = store;
  const list = social.post_list(`tag ${tag}`, (cursor) => social.api.tag_posts(tag, cursor));
  const { tags } = social;
  useList(list);
  useEffect(() => { if (!tags) void social.read_tags().catch(() => {}); }, []);
  const folded = list.items[0]?.entities.find((one) => one.tag?.toLowerCase() === tag.toLowerCase())?.tag ?? tag.toLowerCase();
  const followed = tags?.includes(folded) ?? false;
  return (
    <section class="page" aria-label={`Hashtag ${tag}`}>
      <PageHead title={<bdi>#{tag}</bdi>} nested>
        {tags && (
          <button type="button" class={followed ? 'secondary follow on' : 'primary follow'} aria-pressed={followed}
            onClick={() => void attempt(social.follow_tag(folded, !followed))}>{followed ? 'Following' : 'Follow'}
            <span class="visually-hidden"> #{tag}</span></button>)}
      </PageHead>
      <div class="page-body">
        <VirtualRows rows={post_rows(store, list, <p>No public post has this hashtag.</p>)} place={list.place} label={`Posts with #${tag}`}
          complete={list.complete} more={() => void list.more()} />
      </div>
    </section>
  );
}

export function TagsPage({ store }: PageProps) {
  const { social } = store;
  useEffect(() => { void attempt(social.read_tags()); }, []);
  const tags = social.tags ?? [];
  return (
    <section class="page" aria-label="Hashtags">
      <PageHead title="Hashtags" nested />
      <div class="page-body">
        <div class="column-scroll" tabindex={0} role="region" aria-label="Hashtags that you follow">
          {social.tags && tags.length === 0 && <p class="list-tail">You follow no hashtag. Press one in a post, then Follow: its posts come to your feed.</p>}
          <ul class="plain-list">
            {tags.map((tag) => (
              <li class="line-row" key={tag}>
                <a class="text-link" href={`#/tag/${encodeURIComponent(tag)}`}><bdi>#{tag}</bdi></a>
                <button type="button" class="secondary" onClick={() => void attempt(social.follow_tag(tag, false))}>
                  Unfollow<span class="visually-hidden"> #{tag}</span></button>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
}
