// Where a comment is written or edited. Enter makes a new line, Ctrl+Enter sends. Used by post_page.tsx and comment_view.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import type { Store } from '../store.ts';
import type { Comment } from '../social_types.ts';
import type { Thread } from '../thread.ts';
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
  useEffect(() => { if (focus) field.current?.focus(); }, [focus]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const said = text.trim();
    if (said === '' || busy) return;
    if (code_points(said) > post_limit) {
      set_error(`${code_points(said) - post_limit} characters too many.`);
      return;
    }
    if (last.current.said !== said) last.current = { said, key: random_id() };
    set_busy(true);
    set_error('');
    try {
      if (edits) await thread.edit(edits.comment_id, said);
      else await thread.add(said, parent ?? null, last.current.key);
      set_text('');
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
    <form class="comment-form" aria-label={label} onSubmit={(event) => void submit(event)} onKeyDown={key}>
      {!edits && <Avatar id={store.me.account_id} name={store.me.display_name || store.me.handle} size="small" />}
      <div class="comment-fields">
        <textarea ref={field} rows={1} dir="auto" aria-label={label} placeholder={label} value={text} onInput={(event) => set_text(event.currentTarget.value)} />
        <FormError text={error} />
      </div>
      {(parent || edits) && <button type="button" class="text-button" onClick={done}>Cancel</button>}
      <button type="submit" class="primary" disabled={busy || text.trim() === ''} title="Ctrl+Enter">{edits ? 'Save' : 'Send'}</button>
    </form>
  );
}
