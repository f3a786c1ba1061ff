// Finding people by handle: a dialog for one person, a dialog for a group. Used by shell.tsx and details.tsx.
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import type { Store } from '../store.ts';
import type { Profile } from '../types.ts';
import { Avatar, Field, FormError, IconButton, Person } from './elements.tsx';
import { open_dialog } from './overlay.tsx';

interface Props {
  store: Store;
  close: () => void;
}

export function new_chat_dialog(store: Store, open: (id: string) => void): void {
  open_dialog('New chat', (close) => <NewChat store={store} close={close} open={open} />);
}

export function new_group_dialog(store: Store, open: (id: string) => void): void {
  open_dialog('New group', (close) => <NewGroup store={store} close={close} open={open} />);
}

// Adds people to a group that exists.
export function add_people_dialog(store: Store, conversation_id: string): void {
  open_dialog('Add people', (close) => <AddPeople store={store} close={close} id={conversation_id} />);
}

// Looks a handle up; what is wrong with it is a sentence.
async function find(store: Store, text: string): Promise<Profile | string> {
  const wanted = text.trim().replace(/^@/, '');
  if (!/^[A-Za-z0-9_]{3,30}$/.test(wanted)) return 'A handle has 3–30 letters, digits or _.';
  try {
    const profile = await store.api.by_handle(wanted);
    return profile.account_id === store.me.account_id ? 'That is you.' : profile;
  } catch (error) {
    const problem = as_problem(error);
    return problem.code === 'not_found' ? `Nobody here is called @${wanted}.` : problem_text(problem);
  }
}

const handle_field = { name: 'handle', autocomplete: 'off', autocapitalize: 'none', spellcheck: false, maxLength: 31 } as const;

function NewChat({ store, close, open }: Props & { open: (id: string) => void }) {
  const [handle, set_handle] = useState('');
  const [error, set_error] = useState('');
  const [found, set_found] = useState<Profile | null>(null);
  const message = useRef<HTMLButtonElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    set_found(null);
    const answer = await find(store, handle);
    if (typeof answer === 'string') set_error(answer);
    else {
      set_found(answer);
      requestAnimationFrame(() => message.current?.focus());
    }
  };
  const start = async (profile: Profile) => {
    try {
      const conversation = await store.start_direct(profile.account_id);
      close();
      open(conversation.id);
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  return (
    <form class="dialog-body" onSubmit={(event) => void submit(event)}>
      <Field label="Handle" hint="For example: ada" {...handle_field} value={handle} error={error} data-autofocus
        onInput={(event) => { set_handle(event.currentTarget.value); set_error(''); }} />
      <button type="submit" class="primary">Find</button>
      <div class="found" aria-live="polite">
        {found && (
          <Person person={found}>
            <button type="button" class="primary" ref={message} onClick={() => void start(found)}>Message</button>
          </Person>)}
      </div>
    </form>
  );
}

// One idempotency key for as long as the same is asked for: a lost answer does not make a second group.
function useKeys(): (body: string[]) => string {
  const last = useRef({ body: '', key: '' });
  return (body) => {
    const text = body.join('\n');
    if (text !== last.current.body) last.current = { body: text, key: random_id() };
    return last.current.key;
  };
}

interface Picker {
  people: Profile[];
  handle: string;
  error: string;
  field: RefObject<HTMLDivElement | null>;
  type: (text: string) => void;
  add: () => Promise<boolean>;
  remove: (account_id: string) => void;
  // All that are chosen, after what is still in the field was looked up; null when that failed.
  finish: () => Promise<Profile[] | null>;
}

function usePicker(store: Store): Picker {
  const [, redraw] = useState(0);
  const field = useRef<HTMLDivElement>(null);
  const kept = useRef({ people: new Map<string, Profile>(), handle: '', error: '' });
  const { current } = kept;
  const show = (changes: Partial<typeof current>) => { Object.assign(current, changes); redraw((count) => count + 1); };
  const add = async () => {
    const answer = await find(store, current.handle);
    if (typeof answer === 'string') {
      show({ error: answer });
      field.current?.querySelector('input')?.focus();
      return false;
    }
    current.people.set(answer.account_id, answer);
    show({ handle: '', error: '' });
    return true;
  };
  return {
    people: [...current.people.values()], handle: current.handle, error: current.error, field, add,
    type: (text) => show({ handle: text, error: '' }),
    remove: (account_id) => { current.people.delete(account_id); show({}); },
    finish: async () => (current.handle.trim() !== '' && !await add() ? null : [...current.people.values()]),
  };
}

function PeoplePicker({ picker }: { picker: Picker }) {
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ',') return;
    if (picker.handle.trim() === '' && event.key === 'Enter') return;
    event.preventDefault();
    void picker.add();
  };
  return (
    <div class="picker" ref={picker.field}>
      {picker.people.length > 0 && (
        <ul class="chips" aria-label="Members">
          {picker.people.map((profile) => (
            <li class="chip" key={profile.account_id}>
              <Avatar id={profile.account_id} name={profile.display_name || profile.handle} size="tiny" />@{profile.handle}
              <IconButton name="close" label={`Remove ${profile.handle}`} onClick={() => picker.remove(profile.account_id)} />
            </li>
          ))}
        </ul>)}
      <Field label="Add people by handle" hint="Enter adds the person" {...handle_field} value={picker.handle} error={picker.error}
        onInput={(event) => picker.type(event.currentTarget.value)} onKeyDown={key} />
    </div>
  );
}

function NewGroup({ store, close, open }: Props & { open: (id: string) => void }) {
  const picker = usePicker(store);
  const [title, set_title] = useState('');
  const [title_error, set_title_error] = useState('');
  const [error, set_error] = useState('');
  const [busy, set_busy] = useState(false);
  const key_of = useKeys();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (title.trim() === '') {
      set_title_error('Please name the group.');
      return;
    }
    set_busy(true);
    set_error('');
    try {
      const people = await picker.finish();
      if (people?.length === 0) set_error('Please add at least one person.');
      if (!people || people.length === 0) return;
      const ids = people.map((profile) => profile.account_id);
      const conversation = await store.start_group(title.trim(), ids, key_of([title.trim(), ...ids]));
      close();
      open(conversation.id);
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    } finally {
      set_busy(false);
    }
  };
  return (
    <form class="dialog-body" onSubmit={(event) => void submit(event)}>
      <Field label="Name of the group" name="title" maxLength={100} autocomplete="off" dir="auto" value={title} error={title_error}
        data-autofocus onInput={(event) => { set_title(event.currentTarget.value); set_title_error(''); }} />
      <PeoplePicker picker={picker} />
      <FormError text={error} />
      <button type="submit" class="primary" disabled={busy}>Create group</button>
    </form>
  );
}

function AddPeople({ store, close, id }: Props & { id: string }) {
  const picker = usePicker(store);
  const [error, set_error] = useState('');
  const key_of = useKeys();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const people = await picker.finish();
      if (!people || people.length === 0) return;
      const ids = people.map((profile) => profile.account_id);
      await store.api.add_members(id, ids, key_of(ids));
      await store.refresh(id);
      close();
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  return (
    <form class="dialog-body" onSubmit={(event) => void submit(event)}>
      <PeoplePicker picker={picker} />
      <FormError text={error} />
      <button type="submit" class="primary">Add to the group</button>
    </form>
  );
}
