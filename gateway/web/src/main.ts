// The page's start: decides who this window is, wires store and views together. Loaded by index.html.
import { Api, logout } from './api.ts';
import { Outbox } from './outbox.ts';
import { Store, type Me } from './store.ts';
import {
  account_key, exclusive, forget_account, known_accounts, read_account, TokenKeeper, write_account, type Account,
} from './tokens.ts';
import type { Clock, SocketLike } from './rpc_socket.ts';
import { Shell } from './view/shell.ts';
import { sign_in_view } from './view/sign_in.ts';

// Which account this window is; another window may be somebody else.
const window_key = 'nova.window.account';
const page = document.querySelector<HTMLElement>('#page')!;

const clock: Clock = {
  now: () => Date.now(),
  set: (ms, work) => window.setTimeout(work, ms),
  clear: (timer) => window.clearTimeout(timer),
};

let stop_current: () => void = () => {};

function open_socket(): SocketLike {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/v1/ws`, 'nova.v1.json') as unknown as SocketLike;
}

async function names_of(api: Api, account: Account): Promise<Me> {
  if (account.display_name) return account;
  try {
    const profile = await api.me();
    const latest = read_account(localStorage, account.account_id) ?? account;
    const named = { ...latest, handle: profile.handle, display_name: profile.display_name || profile.handle };
    write_account(localStorage, named);
    return named;
  } catch {
    return account;
  }
}

async function enter(account: Account): Promise<void> {
  stop_current();
  sessionStorage.setItem(window_key, account.account_id);
  const tokens = new TokenKeeper(localStorage, account.account_id, exclusive);
  tokens.on_signed_out = () => leave('You are signed out. Please log in again.');
  const api = new Api(tokens);
  const me = await names_of(api, account);
  if (sessionStorage.getItem(window_key) !== account.account_id) return;
  let shell: Shell | null = null;
  const store = new Store({
    me: { account_id: me.account_id, handle: me.handle, display_name: me.display_name },
    api,
    tokens,
    outbox: new Outbox(localStorage, me.account_id),
    clock,
    open_socket,
    changed: (topic) => shell?.changed(topic),
    signed_out: () => leave('You are signed out. Please log in again.'),
  });
  shell = new Shell(store, {
    switch_account: () => { forget_window(); void choose('', false); },
    log_out: () => void log_out(account.account_id),
  });
  const ending = new AbortController();
  const { signal } = ending;
  window.addEventListener('online', () => store.session.nudge(), { signal });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') store.session.nudge();
  }, { signal });
  window.addEventListener('storage', (event) => {
    if (event.key === account_key(account.account_id) && event.newValue === null) store.session.signed_out();
  }, { signal });
  hold_window_lock(account.account_id, signal);
  stop_current = () => {
    ending.abort();
    shell?.close();
    store.session.stop();
    stop_current = () => {};
  };
  page.replaceChildren(shell.root);
  store.session.start();
}

function forget_window(): void {
  stop_current();
  sessionStorage.removeItem(window_key);
  history.replaceState(null, '', location.pathname);
}

function leave(notice: string): void {
  forget_window();
  void choose(notice, false);
}

async function log_out(account_id: string): Promise<void> {
  const account = read_account(localStorage, account_id);
  forget_window();
  forget_account(localStorage, account_id);
  await choose('', false);
  // Without an answer the session ends by its own age: the tokens are gone from here.
  if (account) await logout(account.refresh_token).catch(() => {});
}

// While this window is open, others can see that the account is in use.
function hold_window_lock(account_id: string, signal: AbortSignal): void {
  navigator.locks?.request(`nova.window.${account_id}`, { mode: 'shared' },
    () => new Promise<void>((done) => signal.addEventListener('abort', () => done())))
    .catch(() => {});
}

async function accounts_elsewhere(): Promise<Set<string> | null> {
  if (!navigator.locks) return null;
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name ?? ''));
}

// A window that is new goes straight in when this browser knows one account that no other window has open.
async function choose(notice: string, automatic: boolean): Promise<void> {
  const accounts = known_accounts(localStorage);
  const elsewhere = await accounts_elsewhere();
  const in_use = (account: Account) => elsewhere?.has(`nova.window.${account.account_id}`) ?? false;
  const only = accounts[0];
  if (automatic && only && accounts.length === 1 && elsewhere && !in_use(only)) {
    await enter(only);
    return;
  }
  page.replaceChildren(sign_in_view({
    accounts: accounts.map((account) => ({ account, elsewhere: in_use(account) })),
    notice,
    signed_in: (account) => {
      const known = read_account(localStorage, account.account_id);
      write_account(localStorage, { ...account, display_name: account.display_name || known?.display_name || '', used_at: Date.now() });
      void enter(read_account(localStorage, account.account_id) ?? account);
    },
    forget: (account) => {
      forget_account(localStorage, account.account_id);
      void logout(account.refresh_token).catch(() => {});
    },
  }));
}

const mine = read_account(localStorage, sessionStorage.getItem(window_key) ?? '');
if (mine) void enter(mine);
else void choose('', true);
