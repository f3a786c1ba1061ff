// The page's start: decides who this window is, wires store and views together. Loaded by index.html.
import { render } from 'preact';
import { Api, logout } from './api.ts';
import { Drafts } from './drafts.ts';
import { gateways } from './gateways.ts';
import { Outbox } from './outbox.ts';
import { Store, type Me } from './store.ts';
import {
  account_key, exclusive, forget_account, known_accounts, read_account, TokenKeeper, write_account, type Account,
} from './tokens.ts';
import type { Clock, SocketLike } from './rpc_socket.ts';
import { unsent_text } from './unsent_rules.ts';
import { forget_uploads } from './upload.ts';
import { close_overlays, confirm } from './view/overlay.tsx';
import { NotFound } from './view/not_found.tsx';
import { Shell } from './view/shell.tsx';
import { SignIn } from './view/sign_in.tsx';

// Which account this window is; another window may be another account.
const window_key = 'nova.window.account';
// An account has signed in with this browser before.
const known_key = 'nova.known';
const page = document.querySelector<HTMLElement>('#page')!;

const clock: Clock = {
  now: () => Date.now(),
  set: (ms, work) => window.setTimeout(work, ms),
  clear: (timer) => window.clearTimeout(timer),
};

// Ends what the page shows now; resolves when other windows can see that the account is free.
let stop_current: () => Promise<void> = async () => {};

gateways.learn(document.querySelector<HTMLMetaElement>('meta[name="nova-gateways"]')?.content ?? '', location.origin);

function open_socket(): SocketLike {
  const socket = new WebSocket(gateways.socket_address(location.origin), 'nova.v1.json');
  gateways.watch(socket);
  return socket as unknown as SocketLike;
}

// The chooser shows the names that the server told last.
function keep_names({ account_id, handle, display_name }: Me): void {
  const account = read_account(localStorage, account_id);
  if (account) write_account(localStorage, { ...account, handle, display_name });
}

// A name that this browser does not know is asked for; the store reads it again with every connection.
async function names_of(api: Api, account: Account): Promise<Me> {
  if (account.display_name) return account;
  try {
    const { handle, display_name } = await api.me();
    const me = { account_id: account.account_id, handle, display_name: display_name || handle };
    keep_names(me);
    return me;
  } catch {
    return account;
  }
}

// Counts the entries, so that a second click while the first one waits does not make two pages.
let entries = 0;

async function enter(account: Account): Promise<void> {
  entries += 1;
  const entry = entries;
  await stop_current();
  const { account_id } = account;
  sessionStorage.setItem(window_key, account_id);
  localStorage.setItem(known_key, '1');
  const tokens = new TokenKeeper(localStorage, account_id, exclusive);
  tokens.on_signed_out = () => void leave('You are signed out. Please log in again.');
  const api = new Api(tokens);
  const me = await names_of(api, account);
  if (entry !== entries || sessionStorage.getItem(window_key) !== account_id) return;
  let shell: Shell | null = null;
  const store = new Store({
    me: { account_id, handle: me.handle, display_name: me.display_name },
    api,
    tokens,
    outbox: new Outbox(localStorage, account_id),
    storage: localStorage,
    clock,
    open_socket,
    changed: (topic) => shell?.changed(topic),
    signed_out: () => void leave('You are signed out. Please log in again.'),
    me_changed: keep_names,
    visible: () => document.visibilityState === 'visible',
  });
  shell = new Shell(store, {
    switch_account: () => void leave(''),
    log_out: () => void log_out(account_id),
  });
  const ending = new AbortController();
  listen(store, account_id, ending.signal);
  const free = hold_window_lock(account_id, ending.signal);
  stop_current = async () => {
    stop_current = async () => {};
    ending.abort();
    close_overlays();
    shell?.close();
    store.session.stop();
    store.uploads.stop();
    await free;
  };
  render(null, page);
  page.replaceChildren(shell.root);
  store.session.start();
  shell.focus();
}

// What the browser tells of the network, the window and the other windows.
function listen(store: Store, account_id: string, signal: AbortSignal): void {
  window.addEventListener('online', () => store.look_again(), { signal });
  window.addEventListener('offline', () => store.session.network_lost(), { signal });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') store.look_again();
  }, { signal });
  window.addEventListener('storage', (event) => {
    if (event.key === account_key(account_id) && event.newValue === null) store.session.signed_out();
  }, { signal });
}

async function forget_window(): Promise<void> {
  await stop_current();
  page.replaceChildren();
  sessionStorage.removeItem(window_key);
  history.replaceState(null, '', location.pathname);
}

async function leave(notice: string): Promise<void> {
  await forget_window();
  await choose(notice, false);
}

// Unsent texts would stay in this browser and be sent at the next log-in: the person decides. False: not logged out.
async function give_up_unsent(account_id: string): Promise<boolean> {
  const outbox = new Outbox(localStorage, account_id);
  const drafts = new Drafts(localStorage, account_id);
  const post = drafts.get_post() !== null;
  const text = unsent_text(outbox.all().filter((entry) => entry.state !== 'sent').length, drafts.ids().length - Number(post), post);
  if (text && !await confirm({ title: 'Log out?', text, yes: 'Log out and delete', danger: true })) return false;
  new Outbox(localStorage, account_id).clear();
  drafts.clear();
  return true;
}

// Without an answer the session ends by its own age: the tokens are gone from here.
async function log_out(account_id: string): Promise<void> {
  if (!await give_up_unsent(account_id)) return;
  const account = read_account(localStorage, account_id);
  await forget_window();
  // What was written while the question was shown.
  new Outbox(localStorage, account_id).clear();
  new Drafts(localStorage, account_id).clear();
  forget_uploads(localStorage, account_id);
  forget_account(localStorage, account_id);
  await choose('', false);
  if (account) await logout(account.refresh_token).catch(() => {});
}

// While this window is open, others can see that the account is in use. Resolves when it no longer is.
function hold_window_lock(account_id: string, signal: AbortSignal): Promise<void> {
  if (!navigator.locks) return Promise.resolve();
  const until_the_end = () => new Promise<void>((done) => { signal.addEventListener('abort', () => done()); });
  return navigator.locks.request(`nova.window.${account_id}`, { mode: 'shared' }, until_the_end).then(() => {}, () => {});
}

async function accounts_elsewhere(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks?.query() ?? {};
  return new Set(held.map((lock) => lock.name ?? ''));
}

// A new window goes straight in when this browser knows one account; with several, or none, it asks.
async function choose(notice: string, automatic: boolean): Promise<void> {
  const accounts = known_accounts(localStorage);
  const only = accounts[0];
  if (automatic && only && accounts.length === 1) {
    await enter(only);
    return;
  }
  const elsewhere = await accounts_elsewhere();
  const signed_in = (account: Account) => {
    const known = read_account(localStorage, account.account_id);
    const display_name = account.display_name || known?.display_name || '';
    write_account(localStorage, { ...account, display_name, used_at: Date.now() });
    void enter(read_account(localStorage, account.account_id) ?? account);
  };
  const forget = async (account: Account) => {
    if (!await give_up_unsent(account.account_id)) return false;
    forget_account(localStorage, account.account_id);
    void logout(account.refresh_token).catch(() => {});
    return true;
  };
  page.replaceChildren();
  render(<SignIn
    accounts={accounts.map((account) => ({ account, elsewhere: elsewhere.has(`nova.window.${account.account_id}`) }))}
    notice={notice} known={accounts.length > 0 || localStorage.getItem(known_key) !== null}
    signed_in={signed_in} forget={forget} />, page);
}

const mine = read_account(localStorage, sessionStorage.getItem(window_key) ?? '');
if (location.pathname !== '/' && location.pathname !== '/index.html') render(<NotFound />, page);
else if (mine) void enter(mine);
else void choose('', true);
