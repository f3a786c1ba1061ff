// The posts that this window knows, each once: what is done to a post in one list shows in all. An act shows at once and is taken
// back when the server refuses it. Used by social.ts and the views of posts.
import { as_problem } from './problem.ts';
import type { SocialApi } from './social_api.ts';
import type { Post, PostChange } from './social_types.ts';

// Snippets of notifications are read one post at a time; this many at once.
const reads_at_once = 4;

export const heart = '❤️';

// Variants of an emoji are one.
export function same_emoji(a: string | null | undefined, b: string | null | undefined): boolean {
  return (a ?? '').replaceAll('\uFE0F', '') === (b ?? '').replaceAll('\uFE0F', '');
}

// The counters after the caller's reaction went from `before` to `after`.
export function with_reaction(
  counts: Record<string, number>, before: string | null | undefined, after: string | null,
): Record<string, number> {
  const next = { ...counts };
  const key_of = (emoji: string) => Object.keys(next).find((one) => same_emoji(one, emoji)) ?? emoji;
  const add = (emoji: string, step: number) => {
    const key = key_of(emoji);
    next[key] = (next[key] ?? 0) + step;
    if (next[key] <= 0) delete next[key];
  };
  if (before) add(before, -1);
  if (after) add(after, 1);
  return next;
}

export class Posts {
  private readonly api_: SocialApi;
  private readonly changed_: () => void;
  private readonly known_ = new Map<string, Post>();
  // Asked for and not answered, or not to be had.
  private readonly asked_ = new Set<string>();
  private readonly waiting_: string[] = [];
  private reading_ = 0;

  constructor(api: SocialApi, changed: () => void) {
    this.api_ = api;
    this.changed_ = changed;
  }

  get(post_id: string): Post | undefined { return this.known_.get(post_id); }

  take(posts: Iterable<Post | undefined>): void {
    for (const post of posts) if (post) this.known_.set(post.post_id, post);
  }

  // Forgets all posts but these.
  keep_only(wanted: Set<string>): void {
    for (const id of this.known_.keys()) if (!wanted.has(id)) this.known_.delete(id);
    this.asked_.clear();
  }

  gone(post_id: string): void {
    this.known_.delete(post_id);
    this.asked_.add(post_id);
    this.changed_();
  }

  async read(post_id: string): Promise<Post> {
    const post = await this.api_.post(post_id);
    this.known_.set(post_id, post);
    this.changed_();
    return post;
  }

  // The post, or what is known of it while it is read. Null: it is not to be had.
  want(post_id: string): Post | undefined | null {
    const known = this.known_.get(post_id);
    if (known) return known;
    if (this.asked_.has(post_id)) return this.waiting_.includes(post_id) ? undefined : null;
    this.asked_.add(post_id);
    this.waiting_.push(post_id);
    this.pump_();
    return undefined;
  }

  private pump_(): void {
    while (this.reading_ < reads_at_once) {
      const next = this.waiting_[0];
      if (next === undefined) return;
      this.waiting_.shift();
      this.reading_ += 1;
      void this.read(next).catch((error: unknown) => {
        if (as_problem(error).retryable) this.asked_.delete(next);
        else this.changed_();
      }).finally(() => {
        this.reading_ -= 1;
        this.pump_();
      });
    }
  }

  // Null takes the reaction back.
  async react(post_id: string, emoji: string | null): Promise<void> {
    const before = this.known_.get(post_id)?.mine?.reaction ?? null;
    if (same_emoji(before, emoji)) return;
    await this.try_(post_id, (post) => ({
      ...post,
      mine: { shared: false, bookmarked: false, ...post.mine, reaction: emoji },
      counts: { comments: 0, shares: 0, quotes: 0, ...post.counts, reactions: with_reaction(post.counts?.reactions ?? {}, before, emoji) },
    }), () => this.api_.react('posts', post_id, emoji ?? before!, emoji !== null));
  }

  async share(post_id: string, wanted: boolean): Promise<void> {
    await this.try_(post_id, (post) => ({
      ...post,
      mine: { reaction: null, bookmarked: false, ...post.mine, shared: wanted },
      counts: { comments: 0, reactions: {}, quotes: 0, ...post.counts, shares: Math.max(0, (post.counts?.shares ?? 0) + (wanted ? 1 : -1)) },
    }), () => this.api_.keep(post_id, 'share', wanted));
  }

  async bookmark(post_id: string, wanted: boolean): Promise<void> {
    await this.try_(post_id, (post) => ({ ...post, mine: { reaction: null, shared: false, ...post.mine, bookmarked: wanted } }),
      () => this.api_.keep(post_id, 'bookmark', wanted));
  }

  async pin(post_id: string, wanted: boolean): Promise<void> {
    await this.try_(post_id, (post) => ({ ...post, pinned: wanted }), () => this.api_.keep(post_id, 'pin', wanted));
  }

  async vote(post_id: string, choices: number[]): Promise<void> {
    const poll = await this.api_.vote(post_id, choices);
    this.alter_(post_id, (post) => ({ ...post, poll }));
  }

  async edit(post_id: string, change: PostChange): Promise<void> {
    this.take([await this.api_.edit(post_id, change)]);
    this.changed_();
  }

  // A comment was made or deleted here.
  count_comments(post_id: string, step: number): void {
    this.alter_(post_id, (post) => ({
      ...post,
      counts: { reactions: {}, shares: 0, quotes: 0, ...post.counts, comments: Math.max(0, (post.counts?.comments ?? 0) + step) },
    }));
  }

  private alter_(post_id: string, change: (post: Post) => Post): void {
    const post = this.known_.get(post_id);
    if (post) this.known_.set(post_id, change(post));
    this.changed_();
  }

  private async try_(post_id: string, change: (post: Post) => Post, work: () => Promise<void>): Promise<void> {
    const before = this.known_.get(post_id);
    this.alter_(post_id, change);
    const shown = this.known_.get(post_id);
    try {
      await work();
    } catch (error) {
      // Unless something newer is shown by now.
      if (before && this.known_.get(post_id) === shown) this.known_.set(post_id, before);
      this.changed_();
      throw error;
    }
  }
}
