// One post: its author, text, warning, poll, quote and what can be done with it. Used by every list of posts and by post_page.tsx.
import type { ComponentChildren } from 'preact';
import { post_address, profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Media } from '../media_types.ts';
import type { Card, FeedItem, Post, QuotedPost, Visibility } from '../social_types.ts';
import { Avatar, Icon, type IconName } from './elements.tsx';
import { full_time, moment, short_ago } from './format.ts';
import { MediaView } from './media_view.tsx';
import { PollView } from './poll_view.tsx';
import { PostActions } from './post_actions.tsx';
import { RichText } from './rich_text.tsx';
import { code_points } from './text_rules.ts';

// Longer texts are cut in lists.
const cut_points = 900;
const cut_lines = 16;

export const visibility_words: Record<Visibility, { name: IconName; text: string }> = {
  public: { name: 'globe', text: 'Public' },
  followers: { name: 'lock', text: 'Followers' },
  mentioned: { name: 'at', text: 'Mentioned people' },
};

export const name_of = (card: Card | undefined): string => card?.display_name || card?.handle || 'Someone';

interface Props {
  store: Store;
  post: Post;
  // On its own page: the whole text, and its time in words.
  whole?: boolean;
  // Of the feed: why it is here.
  item?: FeedItem;
}

// A click beside links and buttons opens the post, unless a text is being selected.
function opens(event: MouseEvent, address: string): void {
  if ((event.target as HTMLElement).closest('a, button, input, label, video, .menu') || !getSelection()?.isCollapsed) return;
  location.hash = address;
}

export function PostView({ store, post, whole = false, item }: Props) {
  const address = post_address(post.post_id);
  return (
    <div class={`post${whole ? ' whole' : ''}`} onClick={whole ? undefined : (event) => opens(event, address)}>
      {item && <Why item={item} />}
      {post.pinned && !item && <p class="post-why"><Icon name="pin" />Pinned</p>}
      <PostHead post={post} whole={whole} />
      <div class="post-body">
        <Warned store={store} id={post.post_id} warning={post.content_warning}>
          <Text post={post} whole={whole} address={address} />
          {post.poll && <PollView store={store} post_id={post.post_id} poll={post.poll} own={post.author?.account_id === store.me.account_id} />}
          <Attachments store={store} media={post.media} />
        </Warned>
        {post.quote && <Quote quote={post.quote} />}
        {whole && <WholeTime post={post} />}
        <PostActions store={store} post={post} whole={whole} in_feed={item !== undefined} />
      </div>
    </div>
  );
}

function Why({ item }: { item: FeedItem }) {
  if (item.reason === 'share' && item.shared_by) {
    const { shared_by } = item;
    return (
      <p class="post-why"><Icon name="share" /><span><a href={profile_address(shared_by.handle)}><bdi>{name_of(shared_by)}</bdi></a> shared</span></p>
    );
  }
  if (item.reason === 'hashtag') return <p class="post-why"><Icon name="hash" />A hashtag that you follow</p>;
  return null;
}

function PostHead({ post, whole }: { post: Post; whole: boolean }) {
  const { author } = post;
  const name = name_of(author);
  const at = Date.parse(post.created_at);
  const { name: icon, text } = visibility_words[post.visibility];
  const profile = author?.handle ? profile_address(author.handle) : undefined;
  return (
    <header class="post-head">
      <a class="post-picture" href={profile} tabindex={-1} aria-hidden="true">
        <Avatar id={author?.account_id ?? ''} name={name} url={author?.avatar_url ?? null} />
      </a>
      <a class="post-author" href={profile}>
        <strong><bdi>{name}</bdi></strong> {author?.handle && <small>@{author.handle}</small>}
      </a>
      <span class="post-when">
        {post.visibility !== 'public' && <span class="post-visibility" title={text}><Icon name={icon} /><span class="visually-hidden">{text}</span></span>}
        {!whole && (
          <a href={post_address(post.post_id)} aria-keyshortcuts="Enter" title={full_time(at)}>
            <time datetime={post.created_at}>{short_ago(at)}</time>{post.edited_at && <span class="post-edited"> · edited</span>}
          </a>)}
      </span>
    </header>
  );
}

function WholeTime({ post }: { post: Post }) {
  const { text } = visibility_words[post.visibility];
  return (
    <p class="post-time">
      <time datetime={post.created_at}>{moment(Date.parse(post.created_at))}</time> · {text}
      {post.edited_at && ` · edited ${moment(Date.parse(post.edited_at))}`}
    </p>
  );
}

function Text({ post, whole, address }: { post: Post; whole: boolean; address: string }) {
  if (!post.text) return null;
  const cut = !whole && (code_points(post.text) > cut_points || post.text.split('\n').length > cut_lines);
  return (
    <>
      <p class={`post-text${cut ? ' cut' : ''}`} dir="auto" lang={post.language ?? undefined}><RichText text={post.text} entities={post.entities} /></p>
      {cut && <a class="read-more" href={address}>Read more</a>}
    </>
  );
}

// What is behind a warning shows when it is asked for, in every list.
export function Warned({ store, id, warning, children }: { store: Store; id: string; warning: string | null; children: ComponentChildren }) {
  if (!warning) return <>{children}</>;
  const open = store.social.opened.has(id);
  return (
    <>
      <div class="post-warning">
        <p dir="auto"><Icon name="warning" />{warning}</p>
        <button type="button" class="text-button" aria-expanded={open} onClick={() => store.social.open_warning(id, !open)}>
          {open ? 'Show less' : 'Show more'}
        </button>
      </div>
      {open && children}
    </>
  );
}

export function Attachments({ store, media }: { store: Store; media: Media[] }) {
  return media.length > 0 ? <MediaView store={store} media={media} /> : null;
}

export function Quote({ quote }: { quote: QuotedPost }) {
  if (!quote.author) return <p class="quoted gone">A post that is not here (any more).</p>;
  return (
    <a class="quoted" href={post_address(quote.post_id)}>
      <span class="quoted-head">
        <Avatar id={quote.author.account_id} name={name_of(quote.author)} url={quote.author.avatar_url} size="tiny" />
        <strong><bdi>{name_of(quote.author)}</bdi></strong> <small>@{quote.author.handle}</small>
      </span>
      <span class="quoted-text" dir="auto">{quote.content_warning || quote.text || 'Attachment'}</span>
    </a>
  );
}
