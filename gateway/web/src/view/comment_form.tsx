// Where a comment is written or edited. Enter makes a new line, Ctrl+Enter sends. Used by post_page.tsx and comment_view.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import type { Store } from '../store.ts';
import type { Comment } from '../social_types.ts';
import type { Thread } from '../thread.ts';
import { add_files, AttachButton, Tray, useFileTarget, useUploads } from './attach.tsx';
import { files_most } from './compose.tsx';
import { Avatar, FormError } from './elements.tsx';
import { code_points, post_limit } from './text_rules.ts';

interface Props {
  store: Store;
  thread: Thread;
  label: string;
  // The comment that is answered or edited.
  parent?: Comment;
  edits?: Comment;
  focus?: boolean;
  done?: () => void;
}

export function CommentForm({ store, thread, label, parent, edits, focus = false, done = () => {} }: Props) {
  const [text, set_text] = useState(edits?.text ?? '');
  const [error, set_error] = useState('');
  const [busy, set_busy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  // One key for as long as the text is the same.
  const last = useRef({ said: '', key: '' });
  const files = store.uploads.of(`comment ${thread.post_id} ${parent?.comment_id ?? ''}`, 'post', files_most);
  useUploads(files);
  const target = useFileTarget((taken) => { if (!edits) add_files(files, taken); });
  const empty = text.trim() === '' && (edits !== undefined || files.empty);
  useEffect(() => { if (focus) field.current?.focus(); }, [focus]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const said = text.trim();
    if (empty || busy) return;
    if (!edits && (files.busy || files.failed)) {
      set_error(files.busy ? 'The files are on their way. Please wait a moment.' : 'A file could not be sent. Try it again, or remove it.');
      return;
    }
    if (code_points(said) > post_limit) {
      set_error(`${code_points(said) - post_limit} characters too many.`);
      return;
    }
    const media_ids = edits ? [] : files.media_ids();
    const whole = JSON.stringify([said, media_ids]);
    if (last.current.said !== whole) last.current = { said: whole, key: random_id() };
    set_busy(true);
    set_error('');
    try {
      if (edits) await thread.edit(edits.comment_id, said);
      else await thread.add({ text: said, media_ids }, parent ?? null, last.current.key);
      set_text('');
      if (!edits) files.clear();
      done();
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
    set_busy(false);
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
    if (event.key === 'Escape' && (parent || edits)) {
      event.preventDefault();
      done();
    }
  };
  return (
    <form class="comment-form" aria-label={label} onSubmit={(event) => void submit(event)} onKeyDown={key} {...target}>
      {!edits && <Avatar id={store.me.account_id} name={store.me.display_name || store.me.handle} size="small" url={store.me.avatar_url ?? null} />}
      <div class="comment-fields">
        <textarea ref={field} rows={1} dir="auto" aria-label={label} placeholder={label} value={text} onInput={(event) => set_text(event.currentTarget.value)} />
        {!edits && <Tray store={store} list={files} />}
        <FormError text={error} />
      </div>
      {!edits && <AttachButton list={files} kind="comment-attach" />}
      {(parent || edits) && <button type="button" class="text-button" onClick={done}>Cancel</button>}
      <button type="submit" class="primary" disabled={busy || empty} title="Ctrl+Enter">{edits ? 'Save' : 'Send'}</button>
    </form>
  );
}
