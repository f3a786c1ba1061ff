// Messages that were written but not answered yet; used by session.ts. Kept in localStorage, one key an entry, so that
// a reload or a crash of the page loses none and two windows never overwrite each other's.
import type { ProblemDocument } from './types.ts';
import type { KeyValueStore } from './tokens.ts';

export const outbox_limit = 500;

export interface OutboxEntry {
  client_id: string;
  conversation_id: string;
  text: string;
  media_ids?: string[];
  reply_to?: number;
  created_at: number;
  order: number;
  state: 'sending' | 'failed' | 'sent';
  problem?: ProblemDocument;
  tries?: number;
  // Set by the answer; the entry stays in memory until the message itself arrives.
  seq?: number;
  sent_at?: string;
}

export class Outbox {
  private readonly store_: KeyValueStore;
  private readonly prefix_: string;
  private readonly entries_ = new Map<string, OutboxEntry>();
  private order_ = 0;

  constructor(store: KeyValueStore, account_id: string) {
    this.store_ = store;
    this.prefix_ = `nova.outbox.${account_id}.`;
    this.load_();
  }

  get full(): boolean { return this.entries_.size >= outbox_limit; }

  get(client_id: string): OutboxEntry | undefined { return this.entries_.get(client_id); }

  // Oldest first.
  all(): OutboxEntry[] {
    return [...this.entries_.values()]
      .sort((a, b) => a.created_at - b.created_at || a.order - b.order);
  }

  of(conversation_id: string): OutboxEntry[] {
    return this.all().filter((entry) => entry.conversation_id === conversation_id);
  }

  add(fields: Pick<OutboxEntry, 'client_id' | 'conversation_id' | 'text' | 'media_ids' | 'reply_to' | 'created_at'>) {
    this.order_ += 1;
    const entry: OutboxEntry = { ...fields, order: this.order_, state: 'sending' };
    this.put(entry);
    return entry;
  }

  put(entry: OutboxEntry): void {
    this.entries_.set(entry.client_id, entry);
    try {
      this.store_.setItem(this.prefix_ + entry.client_id, JSON.stringify(entry));
    } catch {
      // A full or forbidden store: the entry still lives as long as the window.
    }
  }

  // On disk at the server: no longer this browser's to keep.
  answered(client_id: string, seq: number, sent_at: string): OutboxEntry | undefined {
    const entry = this.entries_.get(client_id);
    this.store_.removeItem(this.prefix_ + client_id);
    if (!entry) return undefined;
    entry.state = 'sent';
    entry.seq = seq;
    entry.sent_at = sent_at;
    return entry;
  }

  remove(client_id: string): void {
    this.entries_.delete(client_id);
    this.store_.removeItem(this.prefix_ + client_id);
  }

  // Forgets everything, in this window and on disk.
  clear(): void {
    for (const client_id of [...this.entries_.keys()]) this.remove(client_id);
  }

  private load_(): void {
    for (let i = 0; i < this.store_.length; i += 1) {
      const key = this.store_.key(i);
      if (!key?.startsWith(this.prefix_)) continue;
      try {
        const entry = JSON.parse(this.store_.getItem(key) ?? '') as OutboxEntry;
        this.entries_.set(entry.client_id, entry);
        this.order_ = Math.max(this.order_, entry.order);
      } catch {
        // Not an entry of ours: left alone.
      }
    }
  }
}
