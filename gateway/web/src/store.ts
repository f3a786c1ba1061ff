// All that one window knows: conversations, people, presence, connection. Fed by the session and the HTTP calls, read by
// the views, which are told by `changed` what to draw again. Knows nothing of the page.
import { Api } from './api.ts';
import { ConversationState } from './conversation.ts';
import { hole_limit } from './conversation_log.ts';
import { Drafts } from './drafts.ts';
import { Marks } from './marks.ts';
import { MediaShelf } from './media.ts';
import { Outbox, type OutboxEntry } from './outbox.ts';
import { People } from './people.ts';
import { PresenceWatch } from './presence_watch.ts';
import { as_problem } from './problem.ts';
import { random_id } from './random_id.ts';
import { Session, type SessionState } from './session.ts';
import { Social } from './social.ts';
import { sender } from './upload.ts';
import { Uploads } from './uploads.ts';
import type { Clock, SocketLike } from './rpc_socket.ts';
import type { KeyValueStore, TokenKeeper } from './tokens.ts';
import { Typing } from './typing.ts';
import type {
  Conversation, ConversationPush, Gap, Message, Presence, Profile, Pushes, Receipt, Seen, TypingPush, Updated, UserChanged,
} from './types.ts';

export const page_size = 50;
const list_page = 200;
const list_pages_limit = 25;
const reload_ms = 2_000;
// How old the description of the open conversation, and with it the names of its members, may become.
export const names_age_ms = 60_000;
const names_fresh_ms = 2_000;
// A jump to an old message reads at most this many pages of the largest size.
export const jump_pages_limit = 25;

export interface Me {
  account_id: string;
  handle: string;
  display_name: string;
  avatar_url?: string | null;
}

export type Topic =
  | { kind: 'connection' } | { kind: 'list' } | { kind: 'presence' } | { kind: 'social' } | { kind: 'media' }
  | { kind: 'conversation'; id: string } | { kind: 'arrived'; id: string; message: Message };

export interface StoreOptions {
  me: Me;
  api: Api;
  tokens: TokenKeeper;
  outbox: Outbox;
  // Where drafts are kept.
  storage: KeyValueStore;
  clock: Clock;
  open_socket: () => SocketLike;
  changed: (topic: Topic) => void;
  signed_out: () => void;
  // The person's own names as the server has them now.
  me_changed?: (me: Me) => void;
  // Whether the window is looked at: otherwise nothing is read again by time.
  visible?: () => boolean;
}

const bare = (url: string | null | undefined) => url?.split('?')[0] ?? '';

export class Store {
  me: Me;
  readonly api: Api;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly social: Social;
  readonly media: MediaShelf;
  readonly uploads: Uploads;
  readonly people: People;
  readonly conversations = new Map<string, ConversationState>();
  state: SessionState = 'stopped';
  retry_at = 0;
  loaded = false;
  open_id = '';
  private readonly options_: StoreOptions;
  // Conversations that are being fetched; true: asked for again meanwhile.
  private readonly wanted_ = new Map<string, boolean>();
  private readonly filling_ = new Set<string>();
  private readonly loads_ = new Map<string, Promise<void>>();
  private readonly marks_: Marks;
  private readonly presence_: PresenceWatch;
  private readonly typing_: Typing;
  private names_timer_ = 0;

  constructor(options: StoreOptions) {
    this.options_ = options;
    this.me = options.me;
    this.api = options.api;
    this.outbox = options.outbox;
    this.drafts = new Drafts(options.storage, options.me.account_id);
    this.social = new Social(options.api, options.me.account_id, () => options.changed({ kind: 'social' }));
    this.media = new MediaShelf((id) => this.api.media(id), options.clock, () => options.changed({ kind: 'media' }));
    this.uploads = new Uploads({
      send: sender(options.api, options.me.account_id),
      describe: (id, alt) => options.api.describe_media(id, alt),
      took: (media) => this.media.take(media),
    });
    this.people = new People(options.api, (account_id) => this.name_changed_(account_id));
    this.session = new Session({
      open_socket: options.open_socket,
      tokens: options.tokens,
      outbox: options.outbox,
      clock: options.clock,
      random: Math.random,
      events: {
        on_state: (state, retry_at) => this.state_changed_(state, retry_at),
        on_open: (resumed) => void this.opened_(resumed),
        on_push: (method, params) => this.pushed_(method, params),
        on_outbox: (entry) => this.outbox_changed_(entry),
        seen: () => this.seen_(),
      },
    });
    this.marks_ = new Marks(this.session, options.clock, () => this.conversations.values(), options.me.account_id);
    this.typing_ = new Typing(options.clock, {
      tell: (id, typing) => this.session.notify('messaging.typing', { conversation_id: id, typing }),
      changed: (id) => { this.touch_(id); options.changed({ kind: 'list' }); },
    });
    this.presence_ = new PresenceWatch(this.session, options.clock, () => this.presence_wanted_());
    options.tokens.on_signed_out = () => this.session.signed_out();
  }

  list(): ConversationState[] {
    const pending = new Map<string, number>();
    for (const entry of this.outbox.all()) pending.set(entry.conversation_id, entry.created_at);
    return [...this.conversations.values()]
      .map((conversation) => ({ conversation, at: Math.max(conversation.active_at(), pending.get(conversation.id) ?? 0) }))
      .sort((a, b) => b.at - a.at)
      .map(({ conversation }) => conversation);
  }

  unread(): number {
    let sum = 0;
    for (const conversation of this.conversations.values()) sum += conversation.unread;
    return sum;
  }

  name_of(account_id: string, conversation?: ConversationState): string {
    if (account_id === this.me.account_id) return this.me.display_name || this.me.handle;
    const member = conversation?.members.get(account_id);
    const known = member?.handle ? member : this.people.find(account_id);
    return known?.display_name || known?.handle || 'Someone';
  }

  online(account_id: string): boolean {
    return this.state === 'online' && this.presence_.of(account_id)?.status === 'online';
  }

  last_seen_at(account_id: string): number {
    return Date.parse(this.presence_.of(account_id)?.last_seen_at ?? '') || 0;
  }

  // The window shows this conversation now: its newest page is read if it is not here.
  show(id: string): void {
    this.open_id = id;
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    if (conversation.log.size < page_size && !conversation.log.complete) void this.load_older(id);
    else void this.fill_holes_(conversation);
    this.presence_.watch();
    this.refresh_names_(conversation);
  }

  // The window is looked at again, or the network is back.
  look_again(): void {
    this.session.nudge();
    this.retry_loads_();
    const conversation = this.conversations.get(this.open_id);
    if (conversation) this.refresh_names_(conversation);
  }

  // Reads pages until the message is here; false when that failed or it is too far back.
  async load_back_to(id: string, seq: number): Promise<boolean> {
    const conversation = this.conversations.get(id);
    for (let i = 0; conversation && i < jump_pages_limit && conversation.log.oldest > seq; i += 1) {
      await this.load_older(id, list_page);
      if (conversation.load_failed) return false;
    }
    return conversation?.log.get(seq) !== undefined;
  }

  // One page at a time: a second caller waits for the page that is on its way.
  load_older(id: string, limit = page_size): Promise<void> {
    const conversation = this.conversations.get(id);
    const under_way = this.loads_.get(id);
    if (under_way) return under_way;
    if (!conversation || conversation.log.complete) return Promise.resolve();
    const load = this.load_page_(conversation, limit).finally(() => { this.loads_.delete(id); });
    this.loads_.set(id, load);
    return load;
  }

  private async load_page_(conversation: ConversationState, limit: number): Promise<void> {
    const { id, log } = conversation;
    conversation.loading = true;
    conversation.load_failed = false;
    this.touch_(id);
    try {
      const before_seq = log.oldest;
      const page = await this.api.history(id, { before_seq, limit });
      this.take_history_(conversation, page.items[0]?.seq ?? 1, before_seq - 1, page.items);
    } catch (error) {
      conversation.load_failed = as_problem(error).status !== 401;
    }
    conversation.loading = false;
    this.touch_(id);
    void this.fill_holes_(conversation);
  }

  send(id: string, text: string, reply_to?: number, media_ids: string[] = []): void {
    this.typing_.sent();
    this.session.send({
      conversation_id: id, text, client_id: random_id(), ...(reply_to ? { reply_to } : {}), ...(media_ids.length > 0 ? { media_ids } : {}),
    });
  }

  async edit(id: string, seq: number, text: string): Promise<void> {
    const message = await this.session.call(
      'messaging.edit', { conversation_id: id, seq, text });
    const conversation = this.conversations.get(id);
    conversation?.log.fill({ from_seq: seq, to_seq: seq }, [message]);
    conversation?.preview(message);
    this.touch_(id);
  }

  recall(id: string, seq: number): Promise<unknown> {
    return this.session.call('messaging.recall', { conversation_id: id, seq });
  }

  react(id: string, seq: number, emoji: string, on: boolean): Promise<unknown> {
    return this.session.call(on ? 'messaging.react' : 'messaging.unreact',
      { conversation_id: id, seq, emoji });
  }

  tell_typing(id: string, typing: boolean): void { this.typing_.tell(id, typing); }

  // Everything in the conversation has been looked at.
  mark_read(id: string): void {
    const conversation = this.conversations.get(id);
    if (!conversation || conversation.read_seq >= conversation.log.head) return;
    conversation.read_seq = conversation.log.head;
    conversation.unread = 0;
    this.marks_.schedule();
    this.options_.changed({ kind: 'list' });
  }

  async start_direct(account_id: string): Promise<ConversationState> {
    return this.adopt_(await this.api.create({ kind: 'direct', member_ids: [account_id] }, random_id()));
  }

  async start_group(title: string, member_ids: string[], key: string): Promise<ConversationState> {
    return this.adopt_(await this.api.create({ kind: 'group', member_ids, ...(title ? { title } : {}) }, key));
  }

  async refresh_me(): Promise<void> {
    try {
      this.adopt_me(await this.api.me());
    } catch {
      // Read again with the next connection.
    }
  }

  // The picture's address is signed anew each time: that alone draws nothing.
  adopt_me({ handle, display_name, avatar_url = null }: Pick<Profile, 'handle' | 'display_name' | 'avatar_url'>): void {
    const { me } = this;
    this.me = { ...me, handle, display_name, avatar_url };
    if (handle === me.handle && display_name === me.display_name && bare(avatar_url) === bare(me.avatar_url)) return;
    this.options_.me_changed?.(this.me);
    if (this.open_id) this.touch_(this.open_id);
    this.options_.changed({ kind: 'list' });
  }

  async refresh(id: string): Promise<void> {
    this.adopt_(await this.api.conversation(id));
  }

  forget(id: string): void {
    this.conversations.delete(id);
    this.options_.changed({ kind: 'list' });
    this.touch_(id);
  }

  private touch_(id: string): void {
    this.options_.changed({ kind: 'conversation', id });
  }

  private seen_(): Record<string, Seen> {
    const seen: Record<string, Seen> = {};
    for (const [id, conversation] of this.conversations) seen[id] = conversation.log.seen();
    return seen;
  }

  private state_changed_(state: SessionState, retry_at: number): void {
    this.state = state;
    this.retry_at = retry_at;
    if (state !== 'online') this.presence_.lost();
    this.options_.changed({ kind: 'connection' });
    if (state === 'signed_out') this.options_.signed_out();
  }

  private async opened_(resumed: boolean): Promise<void> {
    if (!resumed && this.loaded) this.reset_();
    try {
      await this.load_list_();
    } catch {
      this.options_.clock.set(reload_ms, () => {
        if (this.state === 'online') void this.opened_(true);
      });
      return;
    }
    this.loaded = true;
    this.options_.changed({ kind: 'list' });
    this.marks_.schedule();
    this.presence_.watch();
    this.people.age();
    void this.refresh_me();
    void this.social.connected();
    this.watch_names_();
    this.retry_loads_();
    for (const conversation of this.conversations.values()) void this.fill_holes_(conversation);
    if (this.open_id) this.show(this.open_id);
  }

  // Nothing will be replayed: what is loaded may be stale, so it is read again where it is looked at.
  private reset_(): void {
    for (const conversation of this.conversations.values()) {
      conversation.log.reset(conversation.log.head, conversation.log.rev);
    }
  }

  private async load_list_(): Promise<void> {
    const listed = new Set<string>();
    const before = new Set(this.conversations.keys());
    let cursor: string | undefined;
    for (let i = 0; i < list_pages_limit; i += 1) {
      const page = await this.api.conversations(list_page, cursor);
      for (const item of page.items) {
        listed.add(item.conversation_id);
        this.adopt_(item);
      }
      if (!page.next_cursor) {
        // Of a list of one page only: between two pages a conversation may have moved.
        if (i === 0) for (const id of before) if (!listed.has(id)) this.forget(id);
        return;
      }
      cursor = page.next_cursor;
    }
  }

  private adopt_(from: Conversation): ConversationState {
    const id = from.conversation_id;
    let conversation = this.conversations.get(id);
    if (!conversation) {
      conversation = new ConversationState(id, from.last_seq, from.rev);
      this.conversations.set(id, conversation);
    }
    conversation.merge(from, this.me.account_id);
    conversation.described_at = this.options_.clock.now();
    this.people.name_members(conversation);
    if (from.last_message) this.arrived_(from.last_message);
    this.options_.changed({ kind: 'list' });
    this.touch_(id);
    this.marks_.schedule();
    this.presence_.watch();
    return conversation;
  }

  private pushed_(method: string, params: unknown): void {
    const take: { [M in keyof Pushes]: (push: Pushes[M]) => void } = {
      'messaging.message': (push) => this.on_message_(push),
      'messaging.updated': (push) => this.on_updated_(push),
      'messaging.receipt': (push) => this.on_receipt_(push),
      'messaging.typing': (push) => this.on_typing_(push),
      'messaging.conversation': (push) => this.on_conversation_(push),
      'presence.changed': (push) => this.on_presence_(push),
      'session.gap': (push) => this.on_gap_(push),
      'user.changed': (push) => this.on_user_(push),
      ...this.social.takes,
      'media.ready': (push) => this.media.on_ready(push),
    };
    // A newer server may push what this page does not know.
    if (Object.hasOwn(take, method)) take[method as keyof Pushes](params as never);
  }

  private on_presence_(presence: Presence): void {
    this.presence_.take(presence);
    this.options_.changed({ kind: 'presence' });
  }

  private on_message_(message: Message): void {
    const id = message.conversation_id;
    const conversation = this.conversations.get(id);
    if (!conversation) {
      void this.fetch_conversation_(id);
      return;
    }
    const accepted = conversation.log.accept(message);
    this.arrived_(message);
    conversation.preview(message);
    if (accepted === 'new') this.count_(conversation, message);
    this.touch_(id);
    this.options_.changed({ kind: 'list' });
    void this.fill_holes_(conversation);
  }

  private count_(conversation: ConversationState, message: Message): void {
    const mine = message.sender_id === this.me.account_id;
    conversation.typing.delete(message.sender_id);
    if (!mine && message.seq > conversation.read_seq) conversation.unread += 1;
    this.marks_.schedule();
    if (!mine) this.options_.changed({ kind: 'arrived', id: conversation.id, message });
  }

  private arrived_(message: Message): void {
    if (message.sender_id === this.me.account_id && message.client_id) {
      this.session.arrived(message.client_id);
    }
  }

  private on_updated_(updated: Updated): void {
    const conversation = this.conversations.get(updated.conversation_id);
    if (!conversation) return;
    const { log } = conversation;
    conversation.chat = updated.change?.chat ?? conversation.chat;
    const missed = updated.rev > log.rev + 1;
    log.apply(updated, this.me.account_id);
    const last = conversation.last_message;
    const newer = updated.seq === undefined ? undefined : log.get(updated.seq);
    if (updated.change?.kind === 'recalled') {
      conversation.unread = Math.min(conversation.unread, conversation.count_unread(this.me.account_id));
    }
    if (newer && last?.seq === newer.seq) conversation.preview(newer);
    const about_members = ['members_added', 'member_removed', 'role', 'title'];
    const unseen_preview = !newer && last !== undefined && last.seq === updated.seq;
    if (about_members.includes(updated.change?.kind ?? '') || unseen_preview) {
      void this.fetch_conversation_(conversation.id);
    }
    if (missed && log.size > 0) {
      log.gap({ conversation_id: conversation.id, from_seq: Math.max(1, log.oldest), to_seq: log.head });
      void this.fill_holes_(conversation);
      if (log.size === 0 && this.open_id === conversation.id) this.show(conversation.id);
    }
    this.touch_(conversation.id);
    this.options_.changed({ kind: 'list' });
  }

  private on_receipt_(receipt: Receipt): void {
    const conversation = this.conversations.get(receipt.conversation_id);
    conversation?.receipt(receipt, this.me.account_id);
    this.touch_(receipt.conversation_id);
    this.options_.changed({ kind: 'list' });
  }

  private on_typing_(push: TypingPush): void {
    const conversation = this.conversations.get(push.conversation_id);
    if (conversation && push.account_id !== this.me.account_id) this.typing_.take(conversation, push);
  }

  private on_conversation_(push: ConversationPush): void {
    const id = push.conversation_id;
    if (push.removed) {
      this.forget(id);
      return;
    }
    const conversation = this.conversations.get(id);
    if (!conversation) {
      void this.fetch_conversation_(id);
      return;
    }
    conversation.describe(push);
    this.people.name_members(conversation);
    conversation.log.skip_to_rev(push.rev);
    conversation.log.reach(push.last_seq);
    void this.fill_holes_(conversation);
    this.touch_(id);
    this.options_.changed({ kind: 'list' });
    this.presence_.watch();
  }

  private on_gap_(gap: Gap): void {
    const conversation = this.conversations.get(gap.conversation_id);
    if (!conversation) {
      void this.fetch_conversation_(gap.conversation_id);
      return;
    }
    conversation.log.gap(gap);
    void this.fetch_conversation_(gap.conversation_id);
    void this.fill_holes_(conversation);
    if (this.open_id === conversation.id && conversation.log.size === 0) this.show(conversation.id);
  }

  private async fetch_conversation_(id: string): Promise<void> {
    if (this.wanted_.has(id)) {
      // The answer on its way may be older than what was pushed since.
      this.wanted_.set(id, true);
      return;
    }
    try {
      do {
        this.wanted_.set(id, false);
        await this.refresh(id);
      } while (this.wanted_.get(id));
    } catch (error) {
      if (as_problem(error).status === 404) this.forget(id);
    }
    this.wanted_.delete(id);
  }

  // Reads what is known to be missing in the loaded part, page by page.
  private async fill_holes_(conversation: ConversationState): Promise<void> {
    const { id, log } = conversation;
    if (this.filling_.has(id)) return;
    this.filling_.add(id);
    try {
      for (let hole = log.holes[0]; hole && this.state === 'online'; hole = log.holes[0]) {
        const limit = Math.min(hole_limit, list_page, hole.to_seq - hole.from_seq + 1);
        const page = await this.api.history(id, { after_seq: hole.from_seq - 1, limit });
        const to_seq = page.items.length < limit ? hole.to_seq : page.items.at(-1)!.seq;
        this.take_history_(conversation, hole.from_seq, to_seq, page.items);
      }
    } catch {
      // Tried again with the next message or the next connection.
    }
    this.filling_.delete(id);
  }

  private take_history_(
    conversation: ConversationState, from_seq: number, to_seq: number, items: Message[],
  ): void {
    conversation.log.fill({ from_seq, to_seq }, items);
    for (const message of items) this.arrived_(message);
    const newest = items.at(-1);
    if (newest) conversation.preview(newest);
    this.marks_.schedule();
    this.touch_(conversation.id);
    this.options_.changed({ kind: 'list' });
  }

  private outbox_changed_(entry: OutboxEntry): void {
    this.touch_(entry.conversation_id);
    this.options_.changed({ kind: 'list' });
  }

  private presence_wanted_(): Set<string> {
    const wanted = new Set<string>();
    const shown = this.conversations.get(this.open_id);
    for (const id of shown?.members.keys() ?? []) wanted.add(id);
    for (const conversation of this.list()) {
      const partner = conversation.partner(this.me.account_id);
      if (partner) wanted.add(partner.account_id);
    }
    wanted.delete(this.me.account_id);
    return wanted;
  }

  private on_user_({ account_id }: UserChanged): void {
    if (account_id === this.me.account_id) void this.refresh_me();
    else void this.people.ask(account_id);
  }

  private name_changed_(account_id: string): void {
    this.people.spread(account_id, this.conversations.values());
    for (const conversation of this.conversations.values()) this.people.name_members(conversation);
    if (this.open_id) this.touch_(this.open_id);
    this.options_.changed({ kind: 'list' });
  }

  // The answer lists the members by their names of now; a failure is made good the next time.
  private refresh_names_(conversation: ConversationState): void {
    if (this.state !== 'online') return;
    if (this.options_.clock.now() - conversation.described_at < names_fresh_ms) return;
    void this.fetch_conversation_(conversation.id);
  }

  private watch_names_(): void {
    this.options_.clock.clear(this.names_timer_);
    this.names_timer_ = this.options_.clock.set(names_age_ms, () => {
      if (this.state !== 'online') return;
      const conversation = this.conversations.get(this.open_id);
      if (this.options_.visible?.() ?? true) {
        this.people.age();
        if (conversation) this.refresh_names_(conversation);
      }
      this.watch_names_();
    });
  }

  // A page of the history that could not be read is asked for again once the network is back.
  private retry_loads_(): void {
    for (const conversation of this.conversations.values()) {
      if (!conversation.load_failed) continue;
      conversation.load_failed = false;
      if (conversation.id === this.open_id) void this.load_older(conversation.id);
    }
  }
}
