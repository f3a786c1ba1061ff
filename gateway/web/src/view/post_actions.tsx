// The buttons under a post, and its menu. Used by post_view.tsx.
import { heart, same_emoji } from '../posts.ts';
import { post_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Post } from '../social_types.ts';
import { attempt, copy_text, link_to } from './attempt.ts';
import { compose_dialog } from './compose.tsx';
import { Icon, type IconName } from './elements.tsx';
import { open_menu, type Entry } from './menu.tsx';
import { toast } from './overlay.tsx';
import { person_entries } from './person_menu.tsx';
import { edit_dialog, history_dialog, why_dialog } from './post_dialogs.tsx';
import { name_of } from './post_view.tsx';
import { short_count } from './text_rules.ts';

interface Props {
  store: Store;
  post: Post;
  whole: boolean;
  in_feed: boolean;
}

interface ButtonProps {
  name: IconName;
  label: string;
  count?: number;
  pressed?: boolean;
  key_name?: string;
  menu?: boolean;
  kind?: string;
  onClick: (event: MouseEvent) => void;
}

function PostButton({ name, label, count = 0, pressed, key_name, menu, kind = '', onClick }: ButtonProps) {
  const text = count > 0 ? `${label}, ${count}` : label;
  return (
    <button type="button" class={`post-button ${kind}`} aria-label={text} title={label} aria-pressed={pressed} aria-keyshortcuts={key_name}
      aria-haspopup={menu ? 'menu' : undefined} aria-expanded={menu ? false : undefined} onClick={onClick}>
      <Icon name={name} />{count > 0 && <span>{short_count(count)}</span>}
    </button>
  );
}

export function PostActions({ store, post, whole, in_feed }: Props) {
  const { posts } = store.social;
  const id = post.post_id;
  const mine = post.mine?.reaction ?? null;
  const reactions = Object.entries(post.counts?.reactions ?? {});
  const hearts = reactions.find(([emoji]) => same_emoji(emoji, heart))?.[1] ?? 0;
  const others = reactions.filter(([emoji]) => !same_emoji(emoji, heart)).sort((a, b) => b[1] - a[1]);
  const loves = same_emoji(mine, heart);
  const react = (emoji: string | null) => void attempt(posts.react(id, emoji));
  const answer = () => {
    if (whole) document.querySelector<HTMLElement>('.comment-first textarea')?.focus();
    else location.hash = `${post_address(id)}/answer`;
  };
  const share = (anchor: HTMLElement) => open_menu(anchor, { label: 'Share', entries: share_entries(store, post) });
  const shared = post.mine?.shared ?? false;
  const bookmarked = post.mine?.bookmarked ?? false;
  return (
    <>
      {others.length > 0 && (
        <div class="post-reactions">
          {others.map(([emoji, count]) => (
            <button type="button" class="reaction" key={emoji} aria-pressed={same_emoji(emoji, mine)} aria-label={`${emoji}, ${count}`}
              onClick={() => react(same_emoji(emoji, mine) ? null : emoji)}>{emoji} <span>{short_count(count)}</span></button>
          ))}
        </div>)}
      <div class="post-buttons" role="group" aria-label={`Actions for the post by ${name_of(post.author)}`}>
        <PostButton name="comment" label="Comment" count={post.counts?.comments ?? 0} key_name="r" onClick={answer} />
        <PostButton name="share" label="Share" count={(post.counts?.shares ?? 0) + (post.counts?.quotes ?? 0)} pressed={shared} kind="shares"
          key_name="b" menu onClick={(event) => share(event.currentTarget as HTMLElement)} />
        <PostButton name="heart" label="Like" count={hearts} pressed={loves} kind="likes" key_name="f" onClick={() => react(loves ? null : heart)} />
        <PostButton name="smile" label="React" menu
          onClick={(event) => open_menu(event.currentTarget as HTMLElement, { label: 'React', entries: [], reactions: { mine, choose: react } })} />
        <PostButton name="bookmark" label="Bookmark" pressed={bookmarked} kind="bookmarks"
          onClick={() => void attempt(posts.bookmark(id, !bookmarked), bookmarked ? '' : 'Kept in your bookmarks.')} />
        <PostButton name="more" label="More" menu
          onClick={(event) => open_menu(event.currentTarget as HTMLElement, { label: 'More', entries: more_entries(store, post, whole, in_feed) })} />
      </div>
    </>
  );
}

function share_entries(store: Store, post: Post): Entry[] {
  const entries: Entry[] = [];
  const shared = post.mine?.shared ?? false;
  if (post.visibility === 'public' || shared) {
    entries.push({
      name: 'share', label: shared ? 'Take the share back' : 'Share with your followers',
      work: () => void attempt(store.social.posts.share(post.post_id, !shared), shared ? '' : 'Shared with your followers.'),
    });
  }
  if (post.visibility === 'public') entries.push({ name: 'quote', label: 'Quote', work: () => compose_dialog(store, { quote: post }) });
  entries.push({ name: 'copy', label: 'Copy link', work: () => copy_text(link_to(post_address(post.post_id))) });
  return entries;
}

async function remove(store: Store, post: Post, whole: boolean): Promise<void> {
  let restore: () => Promise<void> = async () => {};
  if (!await attempt(store.social.delete_post(post.post_id).then((undo) => { restore = undo; }))) return;
  if (whole) location.hash = '#/';
  toast('The post is deleted.', { label: 'Undo', work: () => void attempt(restore(), 'The post is back.') });
}

function more_entries(store: Store, post: Post, whole: boolean, in_feed: boolean): Entry[] {
  const { posts } = store.social;
  const entries: Entry[] = [];
  const own = post.author?.account_id === store.me.account_id;
  if (in_feed) entries.push({ name: 'info', label: 'Why is this here?', work: () => why_dialog(store, post.post_id) });
  if (post.edited_at) entries.push({ name: 'history', label: 'Earlier versions', work: () => history_dialog(store, post.post_id) });
  entries.push({ name: 'copy', label: 'Copy link', work: () => copy_text(link_to(post_address(post.post_id))) });
  if (own) {
    entries.push(
      { name: 'edit', label: 'Edit', work: () => edit_dialog(store, post) },
      {
        name: 'pin', label: post.pinned ? 'Unpin from your profile' : 'Pin to your profile',
        work: () => void attempt(posts.pin(post.post_id, !post.pinned), post.pinned ? '' : 'Pinned to your profile.'),
      },
      { name: 'trash', label: 'Delete', danger: true, work: () => void remove(store, post, whole) },
    );
  } else if (post.author && !post.author.missing) entries.push(...person_entries(store, post.author));
  return entries;
}
