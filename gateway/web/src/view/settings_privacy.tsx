// Who may reach the person and see them, and what they are told of; people blocked and muted. Each choice is kept at once. Used by
// settings.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Card, Notify, Settings, SettingsChange } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { Choice, FormError, Tick } from './elements.tsx';
import { PersonLine } from './people_list.tsx';

type From = Settings['message_from'];
const people: [From, string][] = [['everyone', 'Everyone'], ['following', 'People that I follow'], ['nobody', 'Nobody']];
const watchers: [Settings['presence_to'], string][] = [['everyone', 'Everyone'], ['shared', 'People in my conversations'], ['nobody', 'Nobody']];

// The settings as the server has them, and the way to change some.
function useSettings(store: Store): [Settings | null, string, (change: SettingsChange) => void] {
  const [settings, set_settings] = useState<Settings | null>(null);
  const [error, set_error] = useState('');
  useEffect(() => {
    store.social.api.settings().then(set_settings, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  }, []);
  const change = (some: SettingsChange) => {
    const before = settings;
    set_error('');
    set_settings((now) => (now ? { ...now, ...some, notify: { ...now.notify, ...some.notify } as Notify } : now));
    store.social.api.update_settings(some).then(set_settings, (caught: unknown) => {
      set_settings(before);
      set_error(problem_text(as_problem(caught)));
    });
  };
  return [settings, error, change];
}

export function PrivacySettings({ store }: { store: Store }) {
  const [settings, error, change] = useSettings(store);
  return (
    <>
      <section class="card" aria-labelledby="settings-privacy">
        <h3 id="settings-privacy">Who reaches you</h3>
        {!settings && !error && <p role="status">Loading…</p>}
        {settings && (
          <>
            <PrivateAccount store={store} />
            <Choice label="May write you a first message" value={settings.message_from} options={people} change={(message_from) => change({ message_from })} />
            <Choice label="May mention you" value={settings.mention_from} options={people} change={(mention_from) => change({ mention_from })} />
            <Choice label="See when you are online" value={settings.presence_to} options={watchers} change={(presence_to) => change({ presence_to })} />
            <Tick label="People find me by search" checked={settings.discoverable} change={(discoverable) => change({ discoverable })} />
          </>)}
        <FormError text={error} />
      </section>
      <People store={store} list="blocks" title="People you blocked" empty="You have blocked nobody." />
      <People store={store} list="mutes" title="People you muted" empty="You have muted nobody." />
    </>
  );
}

function PrivateAccount({ store }: { store: Store }) {
  const [is_private, set_private] = useState<boolean | null>(null);
  useEffect(() => { store.social.api.me().then((profile) => set_private(profile.private), () => {}); }, []);
  const change = async (wanted: boolean) => {
    set_private(wanted);
    if (!await attempt(store.social.api.update_me({ private: wanted }))) set_private(!wanted);
  };
  return (
    <Tick label="Private account" hint="Only followers see your posts, and you decide who follows" checked={is_private ?? false} disabled={is_private === null}
      change={(wanted) => void change(wanted)} />
  );
}

function People({ store, list, title, empty }: { store: Store; list: 'blocks' | 'mutes'; title: string; empty: string }) {
  const [found, set_found] = useState<Card[] | null>(null);
  const [next, set_next] = useState<string | null>(null);
  const [error, set_error] = useState('');
  const read = (cursor?: string) => store.social.api.mine(list, cursor).then((page) => {
    set_found((before) => [...(cursor ? before ?? [] : []), ...page.items]);
    set_next(page.next_cursor ?? null);
  }, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  useEffect(() => { void read(); }, []);
  const undo = async (person: Card) => {
    const { relations } = store.social;
    const done = list === 'blocks' ? relations.block(person, false) : relations.mute(person, false);
    if (await attempt(done)) set_found((before) => before?.filter((one) => one.account_id !== person.account_id) ?? null);
  };
  const word = list === 'blocks' ? 'Unblock' : 'Unmute';
  return (
    <section class="card" aria-labelledby={`settings-${list}`}>
      <h3 id={`settings-${list}`}>{title}</h3>
      {!found && !error && <p role="status">Loading…</p>}
      {found?.length === 0 && <p class="soft">{empty}</p>}
      <ul class="plain-list">
        {found?.map((person) => (
          <li key={person.account_id}>
            <PersonLine store={store} person={person}>
              <button type="button" class="secondary" onClick={() => void undo(person)}>{word}<span class="visually-hidden"> {person.display_name || person.handle}</span></button>
            </PersonLine>
          </li>
        ))}
      </ul>
      {next && <button type="button" class="text-button" onClick={() => void read(next)}>Show more</button>}
      <FormError text={error} />
    </section>
  );
}

const events: [keyof Notify, string, string][] = [
  ['follow', 'New followers', 'And requests to follow you'],
  ['mention', 'Mentions', 'A post or comment names you'],
  ['comment', 'Comments', 'On your posts, and answers to your comments'],
  ['reaction', 'Reactions', 'To your posts and comments'],
  ['share', 'Shares', 'Of your posts'],
  ['message', 'Messages', 'In your conversations'],
];

export function NotificationSettings({ store }: { store: Store }) {
  const [settings, error, change] = useSettings(store);
  return (
    <section class="card" aria-labelledby="settings-notify">
      <h3 id="settings-notify">Tell me of</h3>
      {!settings && !error && <p role="status">Loading…</p>}
      {settings && events.map(([name, label, hint]) => (
        <Tick key={name} label={label} hint={hint} checked={settings.notify?.[name] ?? true} change={(on) => change({ notify: { [name]: on } })} />
      ))}
      <FormError text={error} />
    </section>
  );
}
