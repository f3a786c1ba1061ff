// Where a post is written: text, who sees it, warning, poll, time. Each key is kept, so that a reload loses nothing. A card on top of the
// feed, or a dialog. Used by the pages of posts.
import { useEffect, useRef, useState } from 'preact/hooks';
import {
  draft_of, draft_problem, empty_draft, is_empty, local_time, new_poll, poll_lengths, request_of, type PostDraft,
} from '../post_draft.ts';
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import { post_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Draft, Post, Visibility } from '../social_types.ts';
import type { UploadList } from '../uploads.ts';
import { add_files, AttachButton, Tray, useFileTarget, useUploads } from './attach.tsx';
import { PollFields } from './compose_poll.tsx';
import { Avatar, Field, FormError, Icon, IconButton, type IconName } from './elements.tsx';
import { open_dialog, toast } from './overlay.tsx';
import { Quote } from './post_view.tsx';
import { code_points, post_limit, warning_limit } from './text_rules.ts';

const counter_from = 9_500;
// Of a post or a comment.
export const files_most = 10;
const hour_ms = 3_600_000;

const audiences: [Visibility, string][] = [['public', 'Everyone'], ['followers', 'Followers'], ['mentioned', 'Mentioned']];

interface ComposeOptions {
  // The public post that it quotes.
  quote?: Post;
  // A draft of the server that is taken up.
  draft?: Draft;
  // What it begins with.
  text?: string;
}

export function compose_dialog(store: Store, options: ComposeOptions = {}): void {
  open_dialog(options.quote ? 'Quote' : 'New post', (close) => (
    <div class="dialog-body"><Compose store={store} options={options} done={close} in_dialog /></div>
  ), () => {}, 'wide');
}

function first_draft(store: Store, { quote, draft, text }: ComposeOptions): PostDraft {
  if (draft) return draft_of(draft);
  if (quote) return { ...empty_draft(), quote: quote.post_id };
  const kept = store.drafts.get_post() ?? empty_draft();
  return text && is_empty(kept) ? { ...kept, text } : kept;
}

// The card and the dialog for a new post are one field; a quote and a draft have files of their own for as long as they are open.
function usePostFiles(store: Store, draft: PostDraft, kept: boolean, change: (some: Partial<PostDraft>) => void): UploadList {
  const field = useRef(kept ? 'post' : `post ${random_id()}`).current;
  const list = store.uploads.of(field, 'post', files_most);
  const now = useRef(change);
  now.current = change;
  useUploads(list);
  useEffect(() => {
    list.restore(draft.media ?? []);
    const stop = list.watch(() => now.current({ media: list.kept() }));
    return () => {
      stop();
      if (!kept) store.uploads.forget(field);
    };
  }, [list]);
  return list;
}

// One key for as long as the post says the same: a lost answer does not make a second one.
function useKey(): (said: string) => string {
  const last = useRef({ said: '', key: '' });
  return (said) => {
    if (said !== last.current.said) last.current = { said, key: random_id() };
    return last.current.key;
  };
}

interface Props {
  store: Store;
  options?: ComposeOptions;
  done?: () => void;
  in_dialog?: boolean;
}

export function Compose({ store, options = {}, done = () => {}, in_dialog = false }: Props) {
  const [draft, set_draft] = useState(() => first_draft(store, options));
  const [error, set_error] = useState('');
  const [busy, set_busy] = useState(false);
  const [open, set_open] = useState(in_dialog || !is_empty(draft));
  const key_of = useKey();
  const text = useRef<HTMLTextAreaElement>(null);
  const kept = !options.quote && !options.draft;
  useEffect(() => { if (in_dialog) text.current?.focus(); }, []);
  const change = (some: Partial<PostDraft>) => {
    const next = { ...draft, ...some };
    set_draft(next);
    set_error('');
    if (kept) store.drafts.put_post(next);
  };
  const files = usePostFiles(store, draft, kept, change);
  const target = useFileTarget((taken) => { set_open(true); add_files(files, taken); });
  const clear = () => {
    const { visibility } = draft;
    files.clear();
    set_draft({ ...empty_draft(), visibility });
    if (kept) store.drafts.put_post(empty_draft());
    if (!in_dialog) set_open(false);
    done();
  };
  const run = async (work: () => Promise<void>) => {
    if (busy) return;
    set_busy(true);
    set_error('');
    try {
      await work();
      if (draft.draft_id) await store.social.drop_draft(draft.draft_id);
      clear();
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
    set_busy(false);
  };
  const publish = async () => {
    const problem = files.busy ? 'The files are on their way. Please wait a moment.'
      : files.failed ? 'A file could not be sent. Try it again, or remove it.' : draft_problem(draft);
    if (problem) {
      set_error(problem);
      text.current?.focus();
      return;
    }
    const request = request_of(draft);
    await run(async () => {
      const made = await store.social.publish(request, key_of(JSON.stringify(request)));
      if (made) toast('Posted.', { label: 'View', work: () => { location.hash = post_address(made.post_id); } });
      else toast('It will be posted when its time has come.', { label: 'View', work: () => { location.hash = '#/drafts'; } });
    });
  };
  const keep = () => run(async () => {
    await store.social.keep_draft(request_of(draft));
    toast('Kept as a draft.', { label: 'View', work: () => { location.hash = '#/drafts'; } });
  });
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    void publish();
  };
  const name = store.me.display_name || store.me.handle;
  return (
    <form class={`compose${open ? ' open' : ''}`} aria-label="New post" onSubmit={(event) => { event.preventDefault(); void publish(); }}
      onKeyDown={key} onFocusIn={() => set_open(true)} {...target}>
      <Avatar id={store.me.account_id} name={name} url={store.me.avatar_url ?? null} />
      <div class="compose-fields">
        {draft.warning !== null && (
          <Field label="Warning" name="warning" maxLength={warning_limit} autocomplete="off" dir="auto" value={draft.warning}
            hint="Shown before the post" onInput={(event) => change({ warning: event.currentTarget.value })} />)}
        <textarea class="compose-text" ref={text} rows={open ? 3 : 1} dir="auto" aria-label="What is on your mind?"
          placeholder={options.quote ? 'Add a word' : 'What is on your mind?'} value={draft.text} onInput={(event) => change({ text: event.currentTarget.value })} />
        <Tray store={store} list={files} />
        {options.quote && <Quote quote={options.quote} />}
        {draft.poll && <PollFields poll={draft.poll} lengths={poll_lengths} change={(poll) => change({ poll })} />}
        {draft.at !== null && (
          <Field label="Appears at" type="datetime-local" name="scheduled_at" value={draft.at} min={local_time(Date.now())}
            onInput={(event) => change({ at: event.currentTarget.value })} />)}
        <FormError text={error} />
        {open && <Foot draft={draft} files={files} busy={busy} quoting={draft.quote !== undefined} change={change} keep={() => void keep()} />}
      </div>
    </form>
  );
}

interface FootProps {
  draft: PostDraft;
  files: UploadList;
  busy: boolean;
  quoting: boolean;
  change: (some: Partial<PostDraft>) => void;
  keep: () => void;
}

function Foot({ draft, files, busy, quoting, change, keep }: FootProps) {
  const count = code_points(draft.text);
  const toggle = (name: IconName, label: string, on: boolean, onClick: () => void) => (
    <IconButton name={name} label={label} class="compose-tool" aria-pressed={on} onClick={onClick} />
  );
  return (
    <div class="compose-foot">
      <div class="compose-tools">
        <AttachButton list={files} kind="compose-tool" />
        {toggle('warning', 'Content warning', draft.warning !== null, () => change({ warning: draft.warning === null ? '' : null }))}
        {!quoting && toggle('poll', 'Poll', draft.poll !== null, () => change({ poll: draft.poll ? null : new_poll() }))}
        {toggle('clock', 'Schedule', draft.at !== null, () => change({ at: draft.at === null ? local_time(Date.now() + hour_ms) : null }))}
        <label class="compose-audience"><Icon name={draft.visibility === 'public' ? 'globe' : draft.visibility === 'followers' ? 'lock' : 'at'} />
          <span class="visually-hidden">Who sees it</span>
          <select value={draft.visibility} onChange={(event) => change({ visibility: event.currentTarget.value as Visibility })}>
            {audiences.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
          </select>
        </label>
      </div>
      <div class="compose-send">
        <span class={`counter${count > post_limit ? ' over' : ''}`} role="status">{count < counter_from ? '' : `${post_limit - count} left`}</span>
        <button type="button" class="text-button" disabled={busy || files.busy || is_empty(draft)} onClick={keep}>Save draft</button>
        <button type="submit" class="primary" disabled={busy || (is_empty(draft) && files.empty)} title="Ctrl+Enter">{busy ? 'Posting…' : files.busy ? 'Uploading…' : draft.at === null ? 'Post' : 'Schedule post'}</button>
      </div>
    </div>
  );
}
