// The settings of the account: handle, password, sessions, its data and its end. Used by settings.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { SessionInfo } from '../types.ts';
import { DeleteAccount } from './delete_account.tsx';
import { Field, FormError } from './elements.tsx';
import { ExportAccount } from './export_account.tsx';
import { ago, full_time } from './format.ts';
import { confirm, toast } from './overlay.tsx';

const sessions_page = 50;

export function AccountSettings({ store, log_out }: { store: Store; log_out: () => void }) {
  return (
    <>
      <HandleForm store={store} />
      <PasswordForm store={store} />
      <Sessions store={store} log_out={log_out} />
      <ExportAccount store={store} />
      <DeleteAccount store={store} />
    </>
  );
}

function HandleForm({ store }: { store: Store }) {
  const [handle, set_handle] = useState(store.me.handle);
  const [error, set_error] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    const wanted = handle.trim().replace(/^@/, '');
    if (wanted === store.me.handle) return;
    if (!/^[A-Za-z0-9_]{3,30}$/.test(wanted)) {
      set_error('A handle has 3–30 letters, digits or _.');
      return;
    }
    const text = `People find you as @${wanted} from now on. @${store.me.handle} leads to you for 14 days. You can change it once a day.`;
    if (!await confirm({ title: `Be called @${wanted}?`, text, yes: 'Change handle' })) return;
    try {
      store.adopt_me(await store.social.api.change_handle(wanted));
      toast(`You are @${wanted} now.`);
    } catch (caught) {
      const problem = as_problem(caught);
      set_error(problem.code === 'rate_limited' ? 'A handle can be changed once in 24 hours.' : problem_text(problem));
    }
  };
  return (
    <form class="card" noValidate onSubmit={(event) => void submit(event)} aria-labelledby="settings-handle">
      <h3 id="settings-handle">Handle</h3>
      <Field label="Your handle" name="new_handle" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={31} value={handle} error={error}
        hint="3–30 letters, digits or _" onInput={(event) => { set_handle(event.currentTarget.value); set_error(''); }} />
      <button type="submit" class="primary" disabled={handle.trim().replace(/^@/, '') === store.me.handle}>Change handle</button>
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
