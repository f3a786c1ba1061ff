// The comments of one post as a tree of which parts are read: levels of answers open when they are asked for. Made by social.ts, drawn by
// view/post_page.tsx.
import { Paged, type Place } from './paged.ts';
import { same_emoji, with_reaction } from './posts.ts';
import type { SocialApi } from './social_api.ts';
import type { Comment } from './social_types.ts';

// Deeper answers are shown at this depth.
export const deepest = 6;

export type ThreadRow =
  | { kind: 'comment'; key: string; comment: Comment; depth: number; open: boolean }
  | { kind: 'more'; key: string; list: Paged<Comment>; depth: number }
  | { kind: 'none'; key: string };

export class Thread {
  readonly post_id: string;
  sort: 'oldest' | 'newest' = 'oldest';
  top: Paged<Comment>;
  readonly place: Place = { offset: 0, active: '', sizes: [] };
  // The comment that is being answered or edited here.
  writing = { id: '', edit: false };
  private readonly api_: SocialApi;
  private readonly changed_: () => void;
  private readonly count_: (step: number) => void;
  private answers_ = new Map<string, Paged<Comment>>();

  constructor(api: SocialApi, post_id: string, changed: () => void, count: (step: number) => void) {
    this.api_ = api;
    this.post_id = post_id;
    this.changed_ = changed;
    this.count_ = count;
    this.top = this.list_();
  }

  get complete(): boolean { return this.top.complete; }

  open(): void { this.top.open(); }
  more(): void { void this.top.more(); }

  set_sort(sort: Thread['sort']): void {
    this.sort = sort;
    this.top = this.list_();
    this.answers_ = new Map();
    this.open();
    this.changed_();
  }

  rows(): ThreadRow[] {
    const rows: ThreadRow[] = [];
    this.add_(rows, this.top, 0);
    if (this.top.complete && rows.length === 0) rows.push({ kind: 'none', key: 'none' });
    return rows;
  }

  toggle(comment: Comment): void {
    if (this.answers_.delete(comment.comment_id)) {
      this.changed_();
      return;
    }
    const list = this.list_(comment.comment_id);
    this.answers_.set(comment.comment_id, list);
    list.open();
  }

  write(id: string, edit = false): void {
    this.writing = { id, edit };
    this.changed_();
  }

  async add({ text, media_ids }: { text: string; media_ids: string[] }, parent: Comment | null, key: string): Promise<void> {
    const made = await this.api_.comment(this.post_id, { text, ...(media_ids.length > 0 ? { media_ids } : {}), ...(parent ? { parent: parent.comment_id } : {}) }, key);
    this.count_(1);
    if (parent) {
      this.alter_(parent.comment_id, (comment) => ({ ...comment, replies_count: comment.replies_count + 1 }));
      const list = this.answers_.get(parent.comment_id);
      if (list) this.put_(list, made);
      else this.toggle(parent);
    } else this.put_(this.top, made);
    this.changed_();
  }

  async edit(comment_id: string, text: string): Promise<void> {
    const made = await this.api_.edit_comment(comment_id, text);
    this.alter_(comment_id, () => made);
  }

  // One with answers keeps its place.
  async remove(comment: Comment): Promise<void> {
    await this.api_.remove_comment(comment.comment_id);
    this.count_(-1);
    if (comment.replies_count > 0) {
      this.alter_(comment.comment_id, (one) => ({ ...one, deleted: true, text: '', author: null, entities: [], media: [] }));
      return;
    }
    for (const list of [this.top, ...this.answers_.values()]) list.remove(comment.comment_id);
    if (comment.parent) this.alter_(comment.parent, (one) => ({ ...one, replies_count: Math.max(0, one.replies_count - 1) }));
  }

  // Null takes the reaction back.
  async react(comment: Comment, emoji: string | null): Promise<void> {
    const before = comment.mine?.reaction ?? null;
    if (same_emoji(before, emoji)) return;
    this.alter_(comment.comment_id, (one) => ({
      ...one, mine: { reaction: emoji }, counts: { reactions: with_reaction(one.counts?.reactions ?? {}, before, emoji) },
    }));
    try {
      await this.api_.react('comments', comment.comment_id, emoji ?? before!, emoji !== null);
    } catch (error) {
      this.alter_(comment.comment_id, () => comment);
      throw error;
    }
  }

  private list_(parent?: string): Paged<Comment> {
    const { sort } = this;
    return new Paged<Comment>((cursor) => this.api_.comments(this.post_id, { sort, ...(parent ? { parent } : {}) }, cursor),
      (comment) => comment.comment_id, this.changed_);
  }

  private add_(rows: ThreadRow[], list: Paged<Comment>, depth: number): void {
    for (const comment of list.items) {
      const answers = this.answers_.get(comment.comment_id);
      rows.push({ kind: 'comment', key: comment.comment_id, comment, depth: Math.min(depth, deepest), open: answers !== undefined });
      if (answers) this.add_(rows, answers, depth + 1);
    }
    const first = list.items[0]?.comment_id ?? 'first';
    if (list.problem || list.loading || (depth > 0 && !list.complete)) rows.push({ kind: 'more', key: `more-${depth}-${first}`, list, depth: Math.min(depth, deepest) });
  }

  // Where the order of the list puts it.
  private put_(list: Paged<Comment>, made: Comment): void {
    if (this.sort === 'newest') list.put_first(made);
    else list.put_last(made);
  }

  private alter_(comment_id: string, change: (comment: Comment) => Comment): void {
    for (const list of [this.top, ...this.answers_.values()]) {
      const found = list.items.find((one) => one.comment_id === comment_id);
      if (found) list.replace(change(found));
    }
  }
}
