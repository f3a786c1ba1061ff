// Whom this account blocks, as far as it can be known: what the server says of a person, else what was done in this browser. The
// second is only a reminder, until the server lists blocks. Used by the details and the settings.
import type { Api } from './api.ts';
import type { KeyValueStore } from './tokens.ts';

export class Blocks {
  private readonly api_: Api;
  private readonly store_: KeyValueStore;
  private readonly key_: string;

  constructor(api: Api, store: KeyValueStore, account_id: string) {
    this.api_ = api;
    this.store_ = store;
    this.key_ = `nova.blocks.${account_id}`;
  }

  // Asks the server, which may not tell.
  async is_blocked(account_id: string): Promise<boolean> {
    try {
      const blocking = (await this.api_.profile(account_id)).relation?.blocking;
      if (blocking !== undefined) this.note_(account_id, blocking);
    } catch {
      // The reminder is all there is.
    }
    return this.remembered().includes(account_id);
  }

  remembered(): string[] {
    try {
      const found = JSON.parse(this.store_.getItem(this.key_) ?? '[]') as unknown;
      return Array.isArray(found) ? found.filter((id) => typeof id === 'string') : [];
    } catch {
      return [];
    }
  }

  async set(account_id: string, blocked: boolean): Promise<void> {
    await this.api_.set_blocked(account_id, blocked);
    this.note_(account_id, blocked);
  }

  private note_(account_id: string, blocked: boolean): void {
    const others = this.remembered().filter((id) => id !== account_id);
    const all = blocked ? [...others, account_id] : others;
    try {
      if (all.length > 0) this.store_.setItem(this.key_, JSON.stringify(all));
      else this.store_.removeItem(this.key_);
    } catch {
      // A full or forbidden store: nothing to remember with.
    }
  }
}
