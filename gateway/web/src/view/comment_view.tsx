// One comment of a thread: its text, reactions, answers. Used by post_page.tsx.
import { heart, same_emoji } from '../posts.ts';
import { profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Comment, Post } from '../social_types.ts';
import type { Thread, ThreadRow } from '../thread.ts';
import { attempt, copy_text } from './attempt.ts';
import { CommentForm } from './comment_form.tsx';
import { Avatar, Icon } from './elements.tsx';
import { full_time, short_ago } from './format.ts';
import { open_menu, type Entry } from './menu.tsx';
import { confirm } from './overlay.tsx';
import { person_entries } from './person_menu.tsx';
import { Attachments, name_of } from './post_view.tsx';
import { RichText } from './rich_text.tsx';
import { plural, short_count } from './text_rules.ts';

interface Props {
  store: Store;
  thread: Thread;
  row: ThreadRow & { kind: 'comment' };
  post: Post;
}

export function CommentView({ store, thread, row, post }: Props) {
  const { comment, depth, open } = row;
  const writing = thread.writing.id === comment.comment_id;
  const answers = comment.replies_count;
  return (
    <div class="comment" style={{ marginInlineStart: `${depth * 28}px` }}>
      {comment.deleted || !comment.author
        ? <p class="comment-gone">A comment that was deleted.</p>
        : <Body store={store} thread={thread} comment={comment} post={post} editing={writing && thread.writing.edit} />}
      {answers > 0 && (
        <button type="button" class="text-button comment-answers" aria-expanded={open} onClick={() => thread.toggle(comment)}>
          {open ? 'Hide answers' : `Show ${plural(answers, 'answer', 'answers')}`}</button>)}
      {writing && !thread.writing.edit && (
        <CommentForm store={store} thread={thread} label={`Answer ${name_of(comment.author ?? undefined)}`} parent={comment} focus
          done={() => thread.write('')} />)}
    </div>
  );
}

function Body({ store, thread, comment, post, editing }: { store: Store; thread: Thread; comment: Comment; post: Post; editing: boolean }) {
  const author = comment.author!;
  const at = Date.parse(comment.created_at);
  const name = name_of(author);
  return (
    <>
      <header class="post-head">
        <a class="post-picture" href={profile_address(author.handle)} tabindex={-1} aria-hidden="true">
          <Avatar id={author.account_id} name={name} url={author.avatar_url} size="small" />
        </a>
        <a class="post-author" href={profile_address(author.handle)}><strong><bdi>{name}</bdi></strong> <small>@{author.handle}</small></a>
        <span class="post-when" title={full_time(at)}>
          <time datetime={comment.created_at}>{short_ago(at)}</time>{comment.edited_at && <span class="post-edited"> · edited</span>}
        </span>
      </header>
      <div class="comment-body">
        {editing
          ? <CommentForm store={store} thread={thread} label="Edit comment" edits={comment} focus done={() => thread.write('')} />
          : <p class="post-text" dir="auto"><RichText text={comment.text} entities={comment.entities} /></p>}
        <Attachments store={store} media={comment.media} />
        {!editing && <Buttons store={store} thread={thread} comment={comment} post={post} />}
      </div>
    </>
  );
}

function Buttons({ store, thread, comment, post }: { store: Store; thread: Thread; comment: Comment; post: Post }) {
  const mine = comment.mine?.reaction ?? null;
  const react = (emoji: string | null) => void attempt(thread.react(comment, emoji));
  const reactions = Object.entries(comment.counts?.reactions ?? {}).sort((a, b) => b[1] - a[1]);
  const loves = same_emoji(mine, heart);
  const hearts = reactions.find(([emoji]) => same_emoji(emoji, heart))?.[1] ?? 0;
  const others = reactions.filter(([emoji]) => !same_emoji(emoji, heart));
  return (
    <div class="post-buttons" role="group" aria-label={`Actions for the comment by ${name_of(comment.author ?? undefined)}`}>
      <button type="button" class={`post-button likes`} aria-pressed={loves} aria-label={hearts ? `Like, ${hearts}` : 'Like'} aria-keyshortcuts="f"
        onClick={() => react(loves ? null : heart)}><Icon name="heart" />{hearts > 0 && <span>{short_count(hearts)}</span>}</button>
      {others.map(([emoji, count]) => (
        <button type="button" class="reaction" key={emoji} aria-pressed={same_emoji(emoji, mine)} aria-label={`${emoji}, ${count}`}
          onClick={() => react(same_emoji(emoji, mine) ? null : emoji)}>{emoji} <span>{short_count(count)}</span></button>
      ))}
      <button type="button" class="post-button" aria-keyshortcuts="r" onClick={() => thread.write(comment.comment_id)}><Icon name="reply" /><span>Answer</span></button>
      <button type="button" class="post-button" aria-label="More" aria-haspopup="menu" aria-expanded={false}
        onClick={(event) => open_menu(event.currentTarget, {
          label: 'More', entries: entries_of(store, thread, comment, post), reactions: { mine, choose: react },
        })}><Icon name="more" /></button>
    </div>
  );
}

function entries_of(store: Store, thread: Thread, comment: Comment, post: Post): Entry[] {
  const me = store.me.account_id;
  const own = comment.author?.account_id === me;
  const entries: Entry[] = [{ name: 'copy', label: 'Copy text', work: () => copy_text(comment.text) }];
  const remove = async () => {
    if (!await confirm({ title: 'Delete this comment?', text: 'This cannot be undone.', yes: 'Delete', danger: true })) return;
    await attempt(thread.remove(comment), 'The comment is deleted.');
  };
  if (own) entries.push({ name: 'edit', label: 'Edit', work: () => thread.write(comment.comment_id, true) });
  if (own || post.author?.account_id === me) entries.push({ name: 'trash', label: 'Delete', danger: true, work: () => void remove() });
  if (!own && comment.author) entries.push(...person_entries(store, comment.author));
  return entries;
}
