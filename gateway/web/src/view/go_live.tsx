// Making a live stream, and all that its owner needs: the key and addresses for the encoder, what arrives, the end. Used by live_page.tsx
// and stream_page.tsx.
import type { InputHTMLAttributes } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import { address_of } from '../routes.ts';
import { arriving_text, type Arriving } from '../streams.ts';
import type { Store } from '../store.ts';
import type { Stream } from '../stream_types.ts';
import { attempt, copy_text } from './attempt.ts';
import { Choice, Field, FormError, Icon, IconButton, Tick, useElementId } from './elements.tsx';
import { local_time } from '../post_draft.ts';
import { confirm, open_dialog } from './overlay.tsx';

const title_most = 400;

export function go_live_dialog(store: Store): void {
  open_dialog('Go live', (close) => <GoLive store={store} close={close} />);
}

function GoLive({ store, close }: { store: Store; close: () => void }) {
  const [title, set_title] = useState('');
  const [visibility, set_visibility] = useState<Stream['visibility']>('public');
  const [record, set_record] = useState(true);
  const [at, set_at] = useState('');
  const [error, set_error] = useState('');
  const last = useRef({ said: '', key: '' });
  const submit = async (event: Event) => {
    event.preventDefault();
    if (title.trim() === '') {
      set_error('Please give it a title.');
      return;
    }
    const wanted = { title: title.trim(), visibility, record, ...(at ? { scheduled_at: new Date(at).toISOString() } : {}) };
    const said = JSON.stringify(wanted);
    if (last.current.said !== said) last.current = { said, key: random_id() };
    try {
      const made = await store.social.streams.create(wanted, last.current.key);
      close();
      location.hash = address_of({ page: 'stream', id: made.stream_id });
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  return (
    <form class="dialog-body" noValidate onSubmit={(event) => void submit(event)}>
      <Field label="Title" name="title" maxLength={title_most} autocomplete="off" dir="auto" data-autofocus value={title}
        onInput={(event) => { set_title(event.currentTarget.value); set_error(''); }} />
      <Choice label="Who sees it" value={visibility} change={set_visibility} options={[['public', 'Everyone'], ['followers', 'Followers only']]} />
      <Field label="Announced for" type="datetime-local" name="scheduled_at" hint="Empty: it begins when your encoder sends" min={local_time(Date.now())}
        value={at} onInput={(event) => set_at(event.currentTarget.value)} />
      <Tick label="Record it" hint="The recording becomes one of your media after the end." checked={record} change={set_record} />
      <FormError text={error} />
      <div class="choices"><button type="submit" class="primary">Make the stream</button></div>
    </form>
  );
}

// A value to copy into the encoder. `secret`: shown when asked for.
function Copied({ label, value, secret = false }: { label: string; value: string; secret?: boolean }) {
  const [open, set_open] = useState(!secret);
  const id = useElementId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="copied">
        <input {...{ type: open ? 'text' : 'password' } as InputHTMLAttributes<HTMLInputElement>} id={id} readOnly dir="ltr" autocomplete="off" value={value}
          onFocus={(event) => event.currentTarget.select()} />
        {secret && <IconButton name="eye" label={open ? `Hide: ${label}` : `Show: ${label}`} aria-pressed={open} onClick={() => set_open(!open)} />}
        <IconButton name="copy" label={`Copy: ${label}`} onClick={() => copy_text(value)} />
      </div>
    </div>
  );
}

const state_texts: Record<Stream['state'], string> = {
  waiting: 'Nothing arrives yet. Start your encoder with the key below.',
  live: 'You are live.',
  interrupted: 'Nothing arrives any more. Nova waits a while for your encoder, then the stream ends.',
  ended: 'The stream is over.',
};

export function OwnerPanel({ store, stream, arriving }: { store: Store; stream: Stream; arriving: Arriving | null }) {
  const { streams } = store.social;
  const { stream_id: id, state } = stream;
  const key = streams.key(id);
  const renew = async () => {
    const text = 'The key before is refused from now on: an encoder that uses it is cut off.';
    if (!key && state === 'waiting' ? true : await confirm({ title: 'Make a new key?', text, yes: 'Make a new key' })) await attempt(streams.renew_key(id));
  };
  const end = async () => {
    if (!await confirm({ title: 'End the stream?', text: 'It cannot go on afterwards.', yes: 'End it', danger: true })) return;
    await attempt(streams.change(id, { state: 'ended' }));
  };
  const remove = async () => {
    if (!await confirm({ title: 'Delete the stream?', text: 'It disappears from all lists. A recording stays among your media.', yes: 'Delete', danger: true })) return;
    if (await attempt(streams.remove(id), 'The stream is deleted.')) location.hash = address_of({ page: 'live', state: 'live' });
  };
  const seen = arriving && state === 'live' ? arriving_text(arriving) : '';
  return (
    <section class="owner-panel" aria-labelledby="owner-panel">
      <h3 id="owner-panel">Your stream</h3>
      <p class="owner-state" role="status"><span class={`state-light ${state}`} aria-hidden="true" />{state_texts[state]}{seen && ` ${seen}.`}</p>
      {state !== 'ended' && key && (
        <>
          {key.rtmp_url && <Copied label="Server (RTMP)" value={key.rtmp_url} />}
          <Copied label="Key" value={key.key} secret />
          <details>
            <summary>An encoder that puts HLS</summary>
            <Copied label="Address, with the key" value={`${key.hls_put_url}/index.m3u8`} secret />
          </details>
          <p class="soft">The key is shown only now. Keep it to yourself: with it, everybody can send in your name.</p>
        </>)}
      {state !== 'ended' && !key && <p class="soft">The key was shown when it was made. If it is lost, make a new one.</p>}
      <div class="choices">
        {state !== 'ended' && <button type="button" class="secondary" onClick={() => void renew()}><Icon name="swap" />New key</button>}
        {state !== 'ended' && <button type="button" class="secondary danger" onClick={() => void end()}>End the stream</button>}
        {state === 'ended' && <button type="button" class="secondary danger" onClick={() => void remove()}>Delete the stream</button>}
      </div>
    </section>
  );
}
