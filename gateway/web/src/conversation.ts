// What this window knows of one conversation: kept by store.ts, read by the views.
import { ConversationLog } from './conversation_log.ts';
import type { ChatSettings } from './stream_types.ts';
import type { Conversation, ConversationPush, Member, Message, Receipt } from './types.ts';

export type MessageState = 'sending' | 'failed' | 'sent' | 'delivered' | 'read';

export class ConversationState {
  readonly id: string;
  readonly log: ConversationLog;
  kind = 'direct';
  title: string | null = null;
  members = new Map<string, Member>();
  member_count = 0;
  created_at = '';
  unread = 0;
  read_seq = 0;
  // The marks that the server is known to have.
  read_sent = 0;
  delivered_sent = 0;
  last_message: Message | undefined;
  // Of a live stream's chat: how it is moderated. Lists do not tell.
  chat: ChatSettings | null = null;
  // account → when its "is typing" ends.
  typing = new Map<string, number>();
  loading = false;
  load_failed = false;
  // When the server last described it, by the store's clock.
  described_at = 0;

  constructor(id: string, head: number, rev: number) {
    this.id = id;
    this.log = new ConversationLog(head, rev);
  }

  // The list's or a creation's answer. Marks never move back.
  merge(from: Conversation, me: string): void {
    this.describe(from);
    this.created_at = from.created_at;
    this.chat = from.chat ?? this.chat;
    this.read_sent = Math.max(this.read_sent, from.read_seq ?? 0);
    this.delivered_sent = Math.max(this.delivered_sent, from.delivered_seq ?? 0);
    // An answer that was overtaken by pushes, or by reading, does not know the count.
    const overtaken = this.read_seq > (from.read_seq ?? 0) || this.log.head > from.last_seq;
    this.read_seq = Math.max(this.read_seq, from.read_seq ?? 0);
    if (from.last_message) this.preview(from.last_message);
    this.log.reach(from.last_seq);
    this.unread = overtaken ? this.count_unread(me) : from.unread;
  }

  describe(from: Conversation | ConversationPush): void {
    this.kind = from.kind ?? this.kind;
    this.title = from.title ?? null;
    this.member_count = from.member_count || from.members.length;
    const before = this.members;
    this.members = new Map(from.members.map((member) => {
      const known = before.get(member.account_id);
      return [member.account_id, {
        ...member,
        read_seq: Math.max(member.read_seq ?? 0, known?.read_seq ?? 0),
        delivered_seq: Math.max(member.delivered_seq ?? 0, known?.delivered_seq ?? 0),
      }];
    }));
  }

  preview(message: Message): void {
    const now = this.last_message;
    if (now && (now.seq > message.seq || (now.seq === message.seq && now.rev > message.rev))) return;
    this.last_message = message;
  }

  receipt(receipt: Receipt, me: string): void {
    const member = this.members.get(receipt.account_id);
    if (member) {
      member.read_seq = Math.max(member.read_seq, receipt.read_seq ?? 0);
      member.delivered_seq = Math.max(member.delivered_seq, receipt.delivered_seq ?? 0, member.read_seq);
    }
    if (receipt.account_id !== me || !receipt.read_seq) return;
    this.read_sent = Math.max(this.read_sent, receipt.read_seq);
    if (receipt.read_seq <= this.read_seq) return;
    this.read_seq = receipt.read_seq;
    this.unread = this.count_unread(me);
  }

  // By what is loaded; exact when everything after the read mark is loaded.
  count_unread(me: string): number {
    if (this.read_seq >= this.log.head) return 0;
    const loaded = this.log.messages().filter((m) => m.seq > this.read_seq);
    const others = loaded.filter((m) => m.sender_id !== me && !m.recalled).length;
    return others + Math.max(0, this.log.head - this.read_seq - loaded.length);
  }

  // The newest message that a mark of ours would tell others about; our own need none.
  newest_of_others(me: string): number {
    const loaded = this.log.messages();
    if (loaded.length === 0) return this.log.head;
    return loaded.findLast((message) => message.sender_id !== me)?.seq ?? loaded[0]!.seq - 1;
  }

  // How far others are with a message of mine: all members count, as far as they are known.
  message_state(seq: number, me: string): MessageState {
    const others = [...this.members.values()].filter((member) => member.account_id !== me);
    if (others.length === 0) return 'sent';
    if (others.every((member) => member.read_seq >= seq)) return 'read';
    if (others.every((member) => Math.max(member.delivered_seq, member.read_seq) >= seq)) {
      return 'delivered';
    }
    return 'sent';
  }

  readers(seq: number, me: string): Member[] {
    return [...this.members.values()]
      .filter((member) => member.account_id !== me && member.read_seq >= seq);
  }

  partner(me: string): Member | undefined {
    if (this.kind !== 'direct') return undefined;
    return [...this.members.values()].find((member) => member.account_id !== me);
  }

  name(me: string): string {
    if (this.title) return this.title;
    const others = [...this.members.values()].filter((member) => member.account_id !== me);
    if (others.length === 0) return 'Only you';
    return others.slice(0, 3).map((member) => member.display_name || member.handle || 'Someone').join(', ');
  }

  active_at(): number {
    return Date.parse(this.last_message?.sent_at ?? this.created_at) || 0;
  }
}
