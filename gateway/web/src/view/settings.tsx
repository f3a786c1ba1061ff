// One's own settings: profile, password, sessions, blocks, keys. A view of the right pane; used by shell.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Profile, SessionInfo } from '../types.ts';
import { Field, FormError, IconButton } from './elements.tsx';
import { ago, full_time } from './format.ts';
import { confirm, toast } from './overlay.tsx';
import { shortcuts } from './shortcuts.ts';

const sessions_page = 50;
const bio_bytes = 2_000;

interface Props {
  store: Store;
  back: () => void;
  log_out: () => void;
}

export function Settings({ store, back, log_out }: Props) {
  return (
    <section class="settings-pane" aria-label="Settings">
      <header class="chat-head">
        <IconButton name="back" label="Back to the conversations" class="back" onClick={back} />
        <h2 class="pane-title">Settings</h2>
        <IconButton name="close" label="Close settings" class="close-pane" onClick={back} />
      </header>
      <div class="settings-scroll" tabindex={0} role="region" aria-label="All settings">
        <ProfileForm store={store} />
        <PasswordForm store={store} />
        <Sessions store={store} log_out={log_out} />
        <Blocked store={store} />
        <Keys />
      </div>
    </section>
  );
}

function ProfileForm({ store }: { store: Store }) {
  const [profile, set_profile] = useState<Profile | null>(null);
  const [name, set_name] = useState(store.me.display_name);
  const [bio, set_bio] = useState('');
  const [error, set_error] = useState('');
  const [errors, set_errors] = useState<Record<string, string>>({});
  const take = (read: Profile) => {
    set_profile(read);
    set_name(read.display_name);
    set_bio(read.bio ?? '');
  };
  // Until the server has said what is there, nothing can be written over it.
  useEffect(() => {
    store.api.me().then(take, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    set_error('');
    set_errors({});
    if (name.trim() === '') {
      set_errors({ display_name: 'Please fill this in.' });
      return;
    }
    try {
      const changed = await store.api.update_me({ display_name: name.trim(), bio: bio.trim() });
      take(changed);
      store.adopt_me(changed);
      toast('Your profile is saved.');
    } catch (caught) {
      const problem = as_problem(caught);
      set_errors(Object.fromEntries(problem.errors.map(({ field, detail }) => [field, detail])));
      if (problem.errors.length === 0) set_error(problem_text(problem));
    }
  };
  return (
    <form class="card" onSubmit={(event) => void submit(event)} aria-labelledby="settings-profile">
      <h3 id="settings-profile">Profile</h3>
      <Field label="Your name" name="display_name" autocomplete="name" dir="auto" value={name} error={errors.display_name ?? ''}
        disabled={!profile}
        hint={profile ? `Others find you as @${profile.handle}` : ''} onInput={(event) => set_name(event.currentTarget.value)} />
      <div class={`field${errors.bio ? ' wrong' : ''}`}>
        <label for="settings-bio">About you</label>
        <textarea id="settings-bio" name="bio" rows={3} dir="auto" maxLength={bio_bytes} value={bio} aria-describedby="settings-bio-note"
          disabled={!profile}
          onInput={(event) => set_bio(event.currentTarget.value)} />
        <span class="field-note" id="settings-bio-note">{errors.bio}</span>
      </div>
      <FormError text={error} />
      <button type="submit" class="primary" disabled={!profile}>Save profile</button>
    </form>
  );
}

function PasswordForm({ store }: { store: Store }) {
  const [old_password, set_old] = useState('');
  const [new_password, set_new] = useState('');
  const [errors, set_errors] = useState<Record<string, string>>({});
  const submit = async (event: Event) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    if (old_password === '') found.old_password = 'Please fill this in.';
    if ([...new_password].length < 8) found.new_password = 'At least 8 characters, please.';
    set_errors(found);
    if (Object.keys(found).length > 0) return;
    try {
      await store.api.change_password(old_password, new_password);
      set_old('');
      set_new('');
      toast('Your password is changed. Other devices are logged out.');
    } catch (caught) {
      const problem = as_problem(caught);
      if (problem.errors.length > 0) set_errors(Object.fromEntries(problem.errors.map(({ field, detail }) => [field, detail])));
      else set_errors({ old_password: problem.code === 'invalid_credentials' ? 'This is not your password.' : problem_text(problem) });
    }
  };
  return (
    <form class="card" noValidate onSubmit={(event) => void submit(event)} aria-labelledby="settings-password">
      <h3 id="settings-password">Password</h3>
      <input type="text" class="visually-hidden" autocomplete="username" value={store.me.handle} readOnly tabindex={-1} aria-hidden="true" />
      <Field label="Password now" name="old_password" type="password" autocomplete="current-password" value={old_password}
        error={errors.old_password ?? ''} onInput={(event) => set_old(event.currentTarget.value)} />
      <Field label="New password" name="new_password" type="password" autocomplete="new-password" hint="At least 8 characters"
        value={new_password} error={errors.new_password ?? ''} onInput={(event) => set_new(event.currentTarget.value)} />
      <button type="submit" class="primary">Change password</button>
    </form>
  );
}

async function all_sessions(store: Store): Promise<SessionInfo[]> {
  const found: SessionInfo[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.api.sessions(sessions_page, cursor);
    found.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && found.length < 20 * sessions_page);
  return found.sort((a, b) => Number(b.current) - Number(a.current) || b.last_seen_at.localeCompare(a.last_seen_at));
}

function Sessions({ store, log_out }: { store: Store; log_out: () => void }) {
  const [sessions, set_sessions] = useState<SessionInfo[] | null>(null);
  const [error, set_error] = useState('');
  const failed = (caught: unknown) => set_error(problem_text(as_problem(caught)));
  const read = () => all_sessions(store).then(set_sessions, failed);
  useEffect(() => void read(), []);
  const end = async (some: SessionInfo[]) => {
    set_error('');
    try {
      for (const one of some) await store.api.end_session(one.session_id);
    } catch (caught) {
      failed(caught);
    }
    await read();
  };
  const others = sessions?.filter((one) => !one.current) ?? [];
  // Also those that began since the list was read.
  const end_others = async () => {
    const now = await all_sessions(store).catch(() => sessions ?? []);
    await end(now.filter((one) => !one.current));
  };
  const everywhere = async () => {
    const text = 'All devices, this one too, have to log in again.';
    if (!await confirm({ title: 'Log out everywhere?', text, yes: 'Log out everywhere', danger: true })) return;
    await end_others();
    log_out();
  };
  return (
    <section class="card" aria-labelledby="settings-sessions">
      <h3 id="settings-sessions">Where you are logged in</h3>
      {!sessions && <p role="status">Loading…</p>}
      <ul class="session-list">
        {sessions?.map((one) => (
          <li key={one.session_id}>
            <span class="session-names">
              <strong>{device_of(one.user_agent)}{one.current && ' (this device)'}</strong>
              <small title={full_time(Date.parse(one.created_at))}>
                {one.current ? 'active now' : `last active ${ago(Date.parse(one.last_seen_at))}`}
              </small>
            </span>
            {!one.current && (
              <button type="button" class="secondary" onClick={() => void end([one])}>
                Log out<span class="visually-hidden"> {device_of(one.user_agent)}</span>
              </button>)}
          </li>
        ))}
      </ul>
      <FormError text={error} />
      <div class="choices">
        {others.length > 0 && (
          <button type="button" class="secondary" onClick={() => void end_others()}>Log out all other devices</button>)}
        <button type="button" class="secondary danger" onClick={() => void everywhere()}>Log out everywhere</button>
      </div>
    </section>
  );
}

// "Firefox on Linux": enough to know one's devices apart.
function device_of(user_agent: string): string {
  const found = (names: [RegExp, string][], other: string) => names.find(([pattern]) => pattern.test(user_agent))?.[1] ?? other;
  const browser = found([[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrom(?:e|ium)\//, 'Chrome'],
    [/Safari\//, 'Safari'], [/curl\//, 'curl']], user_agent.split(/[\s/]/)[0] || 'Unknown device');
  const system = found([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']], '');
  return system ? `${browser} on ${system}` : browser;
}

function Blocked({ store }: { store: Store }) {
  const [ids, set_ids] = useState(() => store.blocks.remembered());
  const [error, set_error] = useState('');
  if (ids.length === 0) return null;
  const unblock = (id: string) => store.blocks.set(id, false)
    .then(() => set_ids(store.blocks.remembered()), (caught: unknown) => set_error(problem_text(as_problem(caught))));
  const name_of = (id: string) => store.name_of(id, store.list().find((conversation) => conversation.members.has(id)));
  return (
    <section class="card" aria-labelledby="settings-blocked">
      <h3 id="settings-blocked">People you blocked in this browser</h3>
      <ul class="session-list">
        {ids.map((id) => (
          <li key={id}>
            <span class="session-names"><strong><bdi>{name_of(id)}</bdi></strong></span>
            <button type="button" class="secondary" onClick={() => void unblock(id)}>Unblock<span class="visually-hidden"> {name_of(id)}</span></button>
          </li>
        ))}
      </ul>
      <FormError text={error} />
    </section>
  );
}

export function Keys() {
  return (
    <section class="card" aria-labelledby="settings-keys">
      <h3 id="settings-keys">Keys</h3>
      <dl class="keys">
        {shortcuts.map(({ keys, does }) => (
          <div key={keys}><dt>{keys.split(/[+ ]/).map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{does}</dd></div>
        ))}
      </dl>
    </section>
  );
}
