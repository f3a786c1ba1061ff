// How this account stands to others: what was done in this window counts before what a list said. Used by social.ts and the views.
import type { SocialApi } from './social_api.ts';
import type { Card, Relation } from './social_types.ts';

const none: Relation = { following: false, requested: false, followed_by: false, blocking: false, muting: false };

export class Relations {
  private readonly api_: SocialApi;
  private readonly changed_: () => void;
  private readonly done_ = new Map<string, Relation>();

  constructor(api: SocialApi, changed: () => void) {
    this.api_ = api;
    this.changed_ = changed;
  }

  of(person: Pick<Card, 'account_id' | 'relation'>): Relation {
    return this.done_.get(person.account_id) ?? person.relation ?? none;
  }

  // The server has just told how it is.
  told(person: Pick<Card, 'account_id' | 'relation'>): void {
    if (person.relation && this.done_.delete(person.account_id)) this.changed_();
  }

  async follow(person: Card, wanted: boolean): Promise<void> {
    if (!wanted) {
      await this.try_(person, { following: false, requested: false }, () => this.api_.unfollow(person.account_id));
      return;
    }
    await this.try_(person, person.private ? { requested: true } : { following: true }, async () => {
      const requested = await this.api_.follow(person.account_id);
      this.note_(person, { requested, following: !requested });
    });
  }

  // A block ends follows and requests both ways.
  async block(person: Card, wanted: boolean): Promise<void> {
    const ends = wanted ? { following: false, requested: false, followed_by: false } : {};
    await this.try_(person, { blocking: wanted, ...ends }, () => this.api_.block(person.account_id, wanted));
  }

  async mute(person: Card, wanted: boolean, until?: string): Promise<void> {
    await this.try_(person, { muting: wanted },
      () => (wanted ? this.api_.mute(person.account_id, until) : this.api_.unmute(person.account_id)));
  }

  private note_(person: Card, change: Partial<Relation>): void {
    this.done_.set(person.account_id, { ...this.of(person), ...change });
    this.changed_();
  }

  private async try_(person: Card, change: Partial<Relation>, work: () => Promise<void>): Promise<void> {
    const before = this.done_.get(person.account_id);
    this.note_(person, change);
    try {
      await work();
    } catch (error) {
      if (before) this.done_.set(person.account_id, before);
      else this.done_.delete(person.account_id);
      this.changed_();
      throw error;
    }
  }
}
