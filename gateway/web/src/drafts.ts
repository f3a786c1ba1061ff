// What a person is writing, per conversation and account: kept in localStorage, so that a reload loses neither a text nor a
// reply nor an edit in progress; and the post that is being written. Used by the composers and the list; main.tsx clears it at log-out.
import type { KeptMedium } from './media_types.ts';
import { is_empty, type PostDraft } from './post_draft.ts';
import type { KeyValueStore } from './tokens.ts';

// In the place of a conversation.
const post_id = 'post';

export interface Draft {
  text: string;
  // Files that are uploaded and not sent.
  media?: KeptMedium[];
  // The seq of the message that is answered.
  reply_to?: number;
  // A message that is being edited, and its text so far. `text` keeps what was written before.
  edit?: { seq: number; text: string };
}

export class Drafts {
  private readonly store_: KeyValueStore;
  private readonly prefix_: string;

  constructor(store: KeyValueStore, account_id: string) {
    this.store_ = store;
    this.prefix_ = `nova.draft.${account_id}.`;
  }

  get(conversation_id: string): Draft {
    try {
      const found = JSON.parse(this.store_.getItem(this.prefix_ + conversation_id) ?? 'null') as Draft | null;
      if (found && typeof found.text === 'string') return found;
    } catch {
      // Not an entry of ours: as if there were none.
    }
    return { text: '' };
  }

  put(conversation_id: string, draft: Draft): void {
    const key = this.prefix_ + conversation_id;
    try {
      if (draft.text === '' && draft.reply_to === undefined && !draft.edit && !draft.media?.length) this.store_.removeItem(key);
      else this.store_.setItem(key, JSON.stringify(draft));
    } catch {
      // A full or forbidden store: the text lives as long as the composer.
    }
  }

  // The post that is being written; null: none.
  get_post(): PostDraft | null {
    try {
      const found = JSON.parse(this.store_.getItem(this.prefix_ + post_id) ?? 'null') as PostDraft | null;
      return found && typeof found.text === 'string' ? found : null;
    } catch {
      return null;
    }
  }

  put_post(draft: PostDraft): void {
    try {
      if (is_empty(draft)) this.store_.removeItem(this.prefix_ + post_id);
      else this.store_.setItem(this.prefix_ + post_id, JSON.stringify(draft));
    } catch {
      // As with a message.
    }
  }

  // The conversations with something unsent, and the post.
  ids(): string[] {
    const found: string[] = [];
    for (let i = 0; i < this.store_.length; i += 1) {
      const key = this.store_.key(i);
      if (key?.startsWith(this.prefix_)) found.push(key.slice(this.prefix_.length));
    }
    return found;
  }

  clear(): void {
    for (const id of this.ids()) this.store_.removeItem(this.prefix_ + id);
  }
}
