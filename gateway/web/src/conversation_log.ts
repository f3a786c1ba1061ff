// One conversation's messages as this window knows them: order by seq, no doubles, known holes. Pure; used by store.ts.
//
// `head` is the highest seq that the server has told this window about; what is missing below it, above the oldest
// loaded message, is listed as holes until the history fills it. `rev` is the last change that was applied.
import type { Change, Gap, Message, Seen, Updated } from './types.ts';

// A hole longer than this is not filled: what is older is dropped and comes back by scrolling.
export const hole_limit = 400;

export interface Hole {
  from_seq: number;
  to_seq: number;
}

export type Accepted = 'new' | 'known' | 'older';
export type Applied = 'applied' | 'known' | 'not_loaded';

export class ConversationLog {
  private readonly by_seq_ = new Map<number, Message>();
  private holes_: Hole[] = [];
  private sorted_: Message[] | null = null;
  private head_: number;
  private rev_: number;

  constructor(head = 0, rev = 0) {
    this.head_ = head;
    this.rev_ = rev;
  }

  get head(): number { return this.head_; }
  get rev(): number { return this.rev_; }
  get holes(): readonly Hole[] { return this.holes_; }
  get size(): number { return this.by_seq_.size; }

  get(seq: number): Message | undefined { return this.by_seq_.get(seq); }

  // The oldest loaded seq; head + 1 when nothing is loaded.
  get oldest(): number {
    return this.messages()[0]?.seq ?? this.head_ + 1;
  }

  get complete(): boolean { return this.oldest <= 1; }

  seen(): Seen {
    return { seq: this.head_, rev: this.rev_ };
  }

  messages(): readonly Message[] {
    this.sorted_ ??= [...this.by_seq_.values()].sort((a, b) => a.seq - b.seq);
    return this.sorted_;
  }

  // A pushed message. One beyond head + 1 leaves a hole before it.
  accept(message: Message): Accepted {
    const { seq } = message;
    if (seq <= this.head_) return this.keep_(message);
    this.reach(seq - 1);
    this.head_ = seq;
    this.keep_(message);
    return 'new';
  }

  // What the server will not send (both ends inclusive); the part that was loaded is read again.
  gap(gap: Gap): void {
    this.head_ = Math.max(this.head_, gap.to_seq);
    this.open_hole_(gap.from_seq, gap.to_seq);
  }

  // A list or a fresh session says that messages up to `last_seq` exist.
  reach(last_seq: number): void {
    if (last_seq <= this.head_) return;
    const from = this.head_ + 1;
    this.head_ = last_seq;
    this.open_hole_(from, last_seq);
  }

  // A page of the history that was asked for as `range`: everything that exists in it is in `items`, ascending.
  fill(range: Hole, items: readonly Message[]): void {
    const newest = items.at(-1);
    if (newest) this.reach(newest.seq);
    for (const message of [...items].reverse()) this.keep_(message);
    this.close_holes_(range);
  }

  // A change to a message or to the conversation. `known` when it was applied before.
  apply(updated: Updated, me: string): Applied {
    const { rev, seq, change } = updated;
    const news = rev > this.rev_;
    this.rev_ = Math.max(this.rev_, rev);
    if (seq === undefined) return news ? 'applied' : 'known';
    const message = this.by_seq_.get(seq);
    if (!message) return 'not_loaded';
    if (rev <= message.rev || !change) return 'known';
    this.put_(changed(message, rev, change, me));
    return 'applied';
  }

  skip_to_rev(rev: number): void {
    this.rev_ = Math.max(this.rev_, rev);
  }

  // Forgets what is loaded, for instance after a resume that was refused.
  reset(last_seq: number, rev: number): void {
    this.by_seq_.clear();
    this.sorted_ = null;
    this.holes_ = [];
    this.head_ = last_seq;
    this.rev_ = rev;
  }

  // What does not touch the loaded part would leave an unlisted hole: it is not kept.
  private keep_(message: Message): Accepted {
    const edge = this.by_seq_.size > 0 ? this.oldest - 1 : this.head_;
    if (message.seq < edge) return 'known';
    const known = this.by_seq_.get(message.seq);
    if (known && known.rev >= message.rev) return 'known';
    this.put_(message);
    this.close_holes_({ from_seq: message.seq, to_seq: message.seq });
    return known ? 'known' : 'older';
  }

  // The order is kept where that is cheap: a message at either end, or in its own place. Else it is made anew when it is needed.
  private put_(message: Message): void {
    const { seq } = message;
    const sorted = this.sorted_;
    const known = this.by_seq_.has(seq);
    this.by_seq_.set(seq, message);
    if (!sorted) return;
    if (known) sorted[place_of(sorted, seq)] = message;
    else if (sorted.length === 0 || sorted.at(-1)!.seq < seq) sorted.push(message);
    else if (sorted[0]!.seq > seq) sorted.unshift(message);
    else this.sorted_ = null;
  }

  private open_hole_(from_seq: number, to_seq: number): void {
    // Below what is loaded nothing is a hole: scrolling back reads it.
    if (this.by_seq_.size === 0 || to_seq < from_seq || to_seq < this.oldest) return;
    if (to_seq - from_seq >= hole_limit) {
      for (const seq of [...this.by_seq_.keys()]) if (seq <= to_seq) this.by_seq_.delete(seq);
      this.holes_ = this.holes_.filter((hole) => hole.from_seq > to_seq);
      this.sorted_ = null;
      return;
    }
    this.holes_.push({ from_seq: Math.max(from_seq, this.oldest), to_seq });
    this.holes_.sort((a, b) => a.from_seq - b.from_seq);
  }

  private close_holes_(range: Hole): void {
    const left: Hole[] = [];
    for (const hole of this.holes_) {
      if (range.to_seq < hole.from_seq || range.from_seq > hole.to_seq) {
        left.push(hole);
        continue;
      }
      if (hole.from_seq < range.from_seq) {
        left.push({ from_seq: hole.from_seq, to_seq: range.from_seq - 1 });
      }
      if (hole.to_seq > range.to_seq) left.push({ from_seq: range.to_seq + 1, to_seq: hole.to_seq });
    }
    this.holes_ = left;
  }
}

// The index of the message in an ascending list that has it.
function place_of(sorted: readonly Message[], seq: number): number {
  let from = 0;
  let to = sorted.length - 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]!.seq < seq) from = middle + 1;
    else to = middle;
  }
  return from;
}

function changed(message: Message, rev: number, change: Change, me: string): Message {
  const next: Message = { ...message, rev };
  switch (change.kind) {
    case 'edited':
      next.text = change.text ?? message.text;
      next.mentions = change.mentions;
      next.edited_at = change.edited_at ?? message.edited_at ?? null;
      return next;
    case 'recalled':
      return { ...next, recalled: true, text: '', media_ids: [], mentions: [], reactions: [] };
    case 'reaction_added':
      next.reactions = with_reaction(message, change.emoji ?? '', 1, change.actor_id === me);
      return next;
    case 'reaction_removed':
      next.reactions = with_reaction(message, change.emoji ?? '', -1, change.actor_id === me);
      return next;
    default:
      return next;
  }
}

function with_reaction(message: Message, emoji: string, step: number, mine: boolean) {
  const found = message.reactions.find((reaction) => reaction.emoji === emoji);
  if (!found) {
    return step > 0 ? [...message.reactions, { emoji, count: 1, mine }] : message.reactions;
  }
  return message.reactions
    .map((reaction) => (reaction === found
      ? { emoji, count: found.count + step, mine: mine ? step > 0 : found.mine }
      : reaction))
    .filter((reaction) => reaction.count > 0);
}
