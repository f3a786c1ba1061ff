// The names of people, as the server last told them: never from this browser's own storage. Used by store.ts.
import type { Api } from './api.ts';
import type { ConversationState } from './conversation.ts';
import { is_over } from './media.ts';
import { Problem } from './problem.ts';
import type { Profile } from './types.ts';

export interface Named {
  handle: string;
  display_name: string;
  avatar_url?: string | null;
}

// People whose pictures are wanted are asked for so many at once.
const asks_at_once = 4;

function name(member: Named, { handle, display_name }: Named): void {
  Object.assign(member, { handle, display_name });
}

export class People {
  private readonly api_: Api;
  private readonly changed_: (account_id: string) => void;
  // Null while the person is asked for the first time.
  private readonly known_ = new Map<string, Named | null>();
  private readonly asking_ = new Set<string>();
  private readonly stale_ = new Set<string>();
  private readonly pictures_wanted_ = new Set<string>();
  private pictures_asked_ = 0;

  constructor(api: Api, changed: (account_id: string) => void) {
    this.api_ = api;
    this.changed_ = changed;
  }

  // Of a person whom no member list names; asks the server the first time.
  find(account_id: string): Named | undefined {
    const known = this.known_.get(account_id);
    if (known === undefined || this.stale_.delete(account_id)) void this.ask(account_id);
    return known ?? undefined;
  }

  // The person's picture, once it is known; asked for the first time, and when its address has ended.
  picture(account_id: string): string | null {
    const known = this.known_.get(account_id);
    const url = known?.avatar_url ?? null;
    if (known === undefined || (url && is_over(url, Date.now()))) {
      this.pictures_wanted_.add(account_id);
      this.ask_pictures_();
    }
    return url;
  }

  private ask_pictures_(): void {
    for (const account_id of this.pictures_wanted_) {
      if (this.pictures_asked_ >= asks_at_once) return;
      this.pictures_wanted_.delete(account_id);
      this.pictures_asked_ += 1;
      void this.ask(account_id).finally(() => {
        this.pictures_asked_ -= 1;
        this.ask_pictures_();
      });
    }
  }

  // Reads the profile, also when it is known already.
  async ask(account_id: string): Promise<Profile | null> {
    if (this.asking_.has(account_id)) return null;
    this.asking_.add(account_id);
    if (!this.known_.has(account_id)) this.known_.set(account_id, null);
    try {
      const profile = await this.api_.profile(account_id);
      this.known_.set(account_id, { handle: profile.handle, display_name: profile.display_name, avatar_url: profile.avatar_url ?? null });
      this.changed_(account_id);
      return profile;
    } catch (error) {
      // What may work later is asked again when the name is needed again.
      const later = !(error instanceof Problem) || error.retryable;
      if (later && this.known_.get(account_id) === null) this.known_.delete(account_id);
      return null;
    } finally {
      this.asking_.delete(account_id);
    }
  }

  // Names change: each is read again when it is next needed, and shown as it was until then.
  age(): void {
    for (const [account_id, known] of this.known_) if (known) this.stale_.add(account_id);
  }

  // Gives members the newest name. A person who has just registered may be listed before the name has arrived there.
  name_members(conversation: ConversationState): void {
    for (const member of conversation.members.values()) {
      const known = member.handle ? undefined : this.find(member.account_id);
      if (known) name(member, known);
    }
  }

  // After a change: every list that names the person says the same.
  spread(account_id: string, conversations: Iterable<ConversationState>): void {
    const known = this.known_.get(account_id);
    if (!known) return;
    for (const conversation of conversations) {
      const member = conversation.members.get(account_id);
      if (member) name(member, known);
    }
  }
}
