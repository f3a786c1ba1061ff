// The accounts known to this browser and their tokens; used by main.ts, the HTTP calls and the session.
//
// All windows share localStorage. A window serves one account; several accounts may be kept, so that two windows can be
// two people. Rotation is single-flight: inside a window by one promise, across windows by a named lock, and the
// winner's tokens are read back by the others.
import * as api from './api.ts';
import { Problem } from './problem.ts';
import type { Tokens } from './types.ts';

export interface Account {
  account_id: string;
  handle: string;
  display_name: string;
  access_token: string;
  refresh_token: string;
  expires_at: number;
  renew_at: number;
  used_at: number;
}

export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  key(index: number): string | null;
  readonly length: number;
}

export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>;

const prefix = 'nova.account.';
// A token is renewed this long before its end, or after four fifths of a short life.
const early_ms = 30_000;

export function known_accounts(store: KeyValueStore): Account[] {
  const found: Account[] = [];
  for (let i = 0; i < store.length; i += 1) {
    const key = store.key(i);
    if (!key?.startsWith(prefix)) continue;
    const account = read_account(store, key.slice(prefix.length));
    if (account) found.push(account);
  }
  return found.sort((a, b) => b.used_at - a.used_at);
}

export function read_account(store: KeyValueStore, account_id: string): Account | null {
  const text = store.getItem(prefix + account_id);
  if (!text) return null;
  try {
    return JSON.parse(text) as Account;
  } catch {
    return null;
  }
}

export function write_account(store: KeyValueStore, account: Account): void {
  store.setItem(prefix + account.account_id, JSON.stringify(account));
}

export function forget_account(store: KeyValueStore, account_id: string): void {
  store.removeItem(prefix + account_id);
}

export function account_key(account_id: string): string {
  return prefix + account_id;
}

export function account_of(tokens: Tokens, names: { handle: string; display_name: string }): Account {
  const now = Date.now();
  const life_ms = tokens.expires_in_s * 1000;
  return {
    account_id: tokens.account_id,
    ...names,
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token,
    expires_at: now + life_ms,
    renew_at: now + life_ms - Math.min(early_ms, life_ms / 5),
    used_at: now,
  };
}

export class TokenKeeper {
  private readonly store_: KeyValueStore;
  private readonly account_id_: string;
  private readonly exclusive_: Exclusive;
  private readonly refresh_: (refresh_token: string) => Promise<Tokens>;
  private renewal_: Promise<string> | null = null;
  // The account's session is over: nothing but a new log-in helps.
  on_signed_out: () => void = () => {};

  constructor(
    store: KeyValueStore, account_id: string, exclusive: Exclusive, refresh = api.refresh,
  ) {
    this.store_ = store;
    this.account_id_ = account_id;
    this.exclusive_ = exclusive;
    this.refresh_ = refresh;
  }

  // When the access token should be renewed, Unix milliseconds.
  renew_at(): number {
    return read_account(this.store_, this.account_id_)?.renew_at ?? 0;
  }

  async access(): Promise<string> {
    const account = read_account(this.store_, this.account_id_);
    if (!account) return this.signed_out_();
    if (Date.now() < account.renew_at) return account.access_token;
    return this.renew(account.access_token);
  }

  // A token other than `refused`; throws the Problem when there is none to be had.
  renew(refused: string): Promise<string> {
    this.renewal_ ??= this.exclusive_(`nova.refresh.${this.account_id_}`, () => this.rotate_(refused))
      .finally(() => { this.renewal_ = null; });
    return this.renewal_;
  }

  private async rotate_(refused: string): Promise<string> {
    const account = read_account(this.store_, this.account_id_);
    if (!account) return this.signed_out_();
    if (account.access_token !== refused) return account.access_token;
    try {
      const tokens = await this.ask_(account.refresh_token);
      const latest = read_account(this.store_, this.account_id_);
      if (!latest) return this.signed_out_();
      const names = { handle: latest.handle, display_name: latest.display_name };
      write_account(this.store_, account_of(tokens, names));
      return tokens.access_token;
    } catch (error) {
      const latest = read_account(this.store_, this.account_id_);
      if (latest && latest.refresh_token !== account.refresh_token) return latest.access_token;
      if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 400)) throw error;
      forget_account(this.store_, this.account_id_);
      return this.signed_out_();
    }
  }

  // An answer that was lost is asked for once more: until the successor is used, the same token gives it again.
  private async ask_(refresh_token: string): Promise<Tokens> {
    try {
      return await this.refresh_(refresh_token);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'offline') throw error;
      return this.refresh_(refresh_token);
    }
  }

  private signed_out_(): never {
    this.on_signed_out();
    throw new Problem({ code: 'unauthenticated', status: 401 });
  }
}

// Across windows where the browser has locks (secure origins); otherwise only inside this window, and the server's
// grace for honest races covers the rest.
export const exclusive: Exclusive = (name, work) =>
  navigator.locks ? navigator.locks.request(name, work) as ReturnType<typeof work> : work();
