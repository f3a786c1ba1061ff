// Dialogs about one post: to edit it, its earlier versions, why it is in the feed. Used by post_actions.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Post, Revision, ScoreParts, Visibility, Why } from '../social_types.ts';
import { Choice, Field, FormError } from './elements.tsx';
import { moment } from './format.ts';
import { open_dialog, toast } from './overlay.tsx';
import { code_points, post_limit, warning_limit } from './text_rules.ts';

export function edit_dialog(store: Store, post: Post): void {
  open_dialog('Edit post', (close) => <EditPost store={store} post={post} close={close} />, () => {}, 'wide');
}

export function history_dialog(store: Store, post_id: string): void {
  open_dialog('Earlier versions', () => <div class="dialog-body"><Versions store={store} post_id={post_id} /></div>, () => {}, 'wide');
}

export function why_dialog(store: Store, post_id: string): void {
  open_dialog('Why is this here?', (close) => <div class="dialog-body"><WhyBody store={store} post_id={post_id} close={close} /></div>);
}

function EditPost({ store, post, close }: { store: Store; post: Post; close: () => void }) {
  const [text, set_text] = useState(post.text);
  const [warning, set_warning] = useState(post.content_warning ?? '');
  const [visibility, set_visibility] = useState<Visibility>(post.visibility);
  const [error, set_error] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === '' && !post.poll && post.media.length === 0) {
      set_error('Please write something.');
      return;
    }
    if (code_points(text) > post_limit) {
      set_error(`${code_points(text) - post_limit} characters too many.`);
      return;
    }
    try {
      const change = {
        ...(text.trim() === post.text ? {} : { text: text.trim() }),
        ...(warning.trim() === (post.content_warning ?? '') ? {} : { content_warning: warning.trim() || null }),
        ...(visibility === post.visibility ? {} : { visibility }),
      };
      if (Object.keys(change).length > 0) await store.social.posts.edit(post.post_id, change);
      close();
      toast('The post is changed.');
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  return (
    <form class="dialog-body" onSubmit={(event) => void submit(event)}>
      <div class="field">
        <label for="edit-post-text">Text</label>
        <textarea id="edit-post-text" rows={6} dir="auto" data-autofocus value={text} onInput={(event) => set_text(event.currentTarget.value)} />
      </div>
      <Field label="Warning" hint="Shown before the post; empty for none" maxLength={warning_limit} name="warning" dir="auto" value={warning}
        onInput={(event) => set_warning(event.currentTarget.value)} />
      <Choice label="Who sees it" value={visibility} change={set_visibility}
        options={[['public', 'Everyone'], ['followers', 'Followers only'], ['mentioned', 'Mentioned people only']]} />
      <FormError text={error} />
      <button type="submit" class="primary">Save</button>
    </form>
  );
}

function Versions({ store, post_id }: { store: Store; post_id: string }) {
  const [found, set_found] = useState<Revision[] | null>(null);
  const [error, set_error] = useState('');
  useEffect(() => {
    store.social.api.history(post_id).then((page) => set_found(page.items), (caught: unknown) => set_error(problem_text(as_problem(caught))));
  }, []);
  return (
    <>
      {!found && !error && <p role="status">Loading…</p>}
      {found?.length === 0 && <p>There are none.</p>}
      <ol class="versions">
        {found?.map((one, i) => (
          <li key={i}>
            <small>until {moment(Date.parse(one.edited_at))}</small>
            {one.content_warning && <p class="post-warning" dir="auto">{one.content_warning}</p>}
            <p class="post-text" dir="auto">{one.text}</p>
          </li>
        ))}
      </ol>
      <FormError text={error} />
    </>
  );
}

const reasons: Record<Why['reason'], string> = {
  following: 'You follow its author, or it is your own.',
  share: 'A person that you follow shared it.',
  hashtag: 'It has a hashtag that you follow.',
};

export const part_names: Record<keyof ScoreParts, { name: string; text: string }> = {
  recency: { name: 'New', text: 'How new the post is' },
  affinity: { name: 'Close to you', text: 'How often you react to its author, comment and share' },
  reactions: { name: 'Reactions', text: 'How many people reacted' },
  conversation: { name: 'Conversation', text: 'How many comments it has' },
};

function WhyBody({ store, post_id, close }: { store: Store; post_id: string; close: () => void }) {
  const [why, set_why] = useState<Why | null>(null);
  const [error, set_error] = useState('');
  useEffect(() => {
    store.social.api.why(post_id).then(set_why, (caught: unknown) => {
      const problem = as_problem(caught);
      set_error(problem.code === 'not_found' ? 'It is no longer in your feed.' : problem_text(problem));
    });
    if (!store.social.preferences) void store.social.read_preferences().catch(() => {});
  }, []);
  if (!why) return error ? <FormError text={error} /> : <p role="status">Loading…</p>;
  const ranked = store.social.preferences?.mode === 'ranked';
  return (
    <>
      <p>{reasons[why.reason]}</p>
      <p>{ranked ? 'Your feed is ranked. The post stands where its score puts it:' : 'Your feed shows the newest first. If it were ranked, the post would have this score:'}</p>
      <table class="why">
        <thead><tr><th scope="col">Part</th><th scope="col">Value</th><th scope="col">Weight</th></tr></thead>
        <tbody>
          {(Object.keys(part_names) as (keyof ScoreParts)[]).map((part) => (
            <tr key={part}>
              <th scope="row"><span>{part_names[part].name}</span><small>{part_names[part].text}</small></th>
              <td>{(why.parts?.[part] ?? 0).toFixed(2)}</td>
              <td>× {why.weights?.[part] ?? 0}</td>
            </tr>
          ))}
        </tbody>
        <tfoot><tr><th scope="row">Score</th><td colSpan={2}>{why.score.toFixed(2)}</td></tr></tfoot>
      </table>
      <a class="secondary link" href="#/settings/feed" onClick={close}>What the feed shows</a>
    </>
  );
}
