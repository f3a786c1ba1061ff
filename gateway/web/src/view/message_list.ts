// The messages of the open conversation: draws what changed, keeps the place while older pages come in, says when the
// end is looked at. Used by chat_pane.ts.
import type { ConversationState, MessageState } from '../conversation.ts';
import type { Store } from '../store.ts';
import { h, icon, set_text } from './dom.ts';
import { day_label } from './format.ts';
import { message_view, signature, type Item, type MessageActions } from './message_view.ts';

const run_gap_ms = 5 * 60_000;
const end_slack_px = 48;
const load_ahead_px = 400;

export class MessageList {
  readonly root: HTMLElement;
  private readonly store_: Store;
  private readonly conversation_: ConversationState;
  private readonly actions_: MessageActions;
  private readonly scroller_: HTMLElement;
  private readonly list_ = h('ol', { class: 'messages' });
  private readonly top_ = h('div', { class: 'history-top' });
  private readonly typing_ = h('div', { class: 'typing-line', 'aria-live': 'polite' });
  private readonly jump_: HTMLButtonElement;
  private readonly drawn_ = new Map<string, { element: HTMLElement; signature: string }>();
  private at_end_ = true;
  private new_below_ = 0;
  private last_head_ = 0;
  private first_unread_: number;

  constructor(store: Store, conversation: ConversationState, actions: MessageActions) {
    this.store_ = store;
    this.conversation_ = conversation;
    this.actions_ = actions;
    this.first_unread_ = conversation.unread > 0 ? conversation.read_seq + 1 : 0;
    this.last_head_ = conversation.log.head;
    this.scroller_ = h('div', { class: 'scroller', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Messages' },
      this.top_, this.list_, this.typing_);
    this.jump_ = h('button', { type: 'button', class: 'jump', hidden: true, onclick: () => this.to_end() },
      icon('down'), h('span', {}, ''));
    this.root = h('div', { class: 'message-area' }, this.scroller_, this.jump_);
    this.scroller_.addEventListener('scroll', () => this.scrolled_());
    new ResizeObserver(() => { if (this.at_end_) this.to_end(); }).observe(this.scroller_);
  }

  draw(): void {
    const before = this.scroller_.scrollHeight;
    const top = this.scroller_.scrollTop;
    const first_before = this.list_.firstElementChild as HTMLElement | null;
    const offset_before = first_before?.offsetTop ?? 0;
    this.draw_top_();
    this.reconcile_(this.elements_());
    this.draw_typing_();
    const { head } = this.conversation_.log;
    if (this.at_end_) this.to_end();
    else if (first_before?.isConnected) {
      const moved = first_before.offsetTop - offset_before;
      if (moved > 0) this.scroller_.scrollTop = top + moved;
      if (head > this.last_head_) this.new_below_ += head - this.last_head_;
    } else this.scroller_.scrollTop = top + this.scroller_.scrollHeight - before;
    this.last_head_ = head;
    this.draw_jump_();
    this.load_ahead_();
  }

  to_end(): void {
    this.scroller_.scrollTop = this.scroller_.scrollHeight;
    this.at_end_ = true;
    this.new_below_ = 0;
    this.draw_jump_();
  }

  // The end of the conversation is on the screen.
  get at_end(): boolean { return this.at_end_; }

  jump_to(seq: number): void {
    const element = this.list_.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
    if (!element) return;
    element.scrollIntoView({ block: 'center', behavior: 'smooth' });
    element.classList.add('flash');
    element.addEventListener('animationend', () => element.classList.remove('flash'), { once: true });
  }

  private scrolled_(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller_;
    this.at_end_ = scrollHeight - scrollTop - clientHeight < end_slack_px;
    if (this.at_end_) this.new_below_ = 0;
    this.draw_jump_();
    this.load_ahead_();
  }

  private load_ahead_(): void {
    const { log, loading, load_failed } = this.conversation_;
    if (loading || load_failed || log.complete || this.scroller_.clientHeight === 0) return;
    if (this.scroller_.scrollTop < load_ahead_px) void this.store_.load_older(this.conversation_.id);
  }

  private draw_top_(): void {
    const { log, loading, load_failed, id } = this.conversation_;
    const state = loading ? 'loading' : load_failed ? 'failed' : log.complete ? 'start' : 'more';
    if (this.top_.dataset.state === state) return;
    this.top_.dataset.state = state;
    if (state === 'failed') {
      this.top_.replaceChildren(h('span', {}, 'Earlier messages could not be loaded.'),
        h('button', { type: 'button', onclick: () => void this.store_.load_older(id) }, 'Try again'));
      return;
    }
    const texts = { loading: 'Loading…', start: 'This is where the conversation begins.', more: '' };
    this.top_.replaceChildren(texts[state]);
  }

  private draw_typing_(): void {
    const names = [...this.conversation_.typing.keys()]
      .map((id) => this.store_.name_of(id, this.conversation_));
    const text = names.length === 0 ? '' : names.length === 1
      ? `${names[0]} is typing` : names.length === 2
        ? `${names[0]} and ${names[1]} are typing` : 'Several people are typing';
    if (this.typing_.dataset.text === text) return;
    this.typing_.dataset.text = text;
    this.typing_.classList.toggle('shown', text !== '');
    this.typing_.replaceChildren(...(text
      ? [h('span', { class: 'typing-dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), h('span', {}, text)] : []));
  }

  private draw_jump_(): void {
    this.jump_.hidden = this.at_end_;
    const count = this.new_below_;
    set_text(this.jump_.lastElementChild!, count === 0 ? 'Latest' : count === 1 ? '1 new message' : `${count} new messages`);
  }

  private items_(): Item[] {
    const { log } = this.conversation_;
    const me = this.store_.me.account_id;
    const items: Item[] = [];
    for (const message of log.messages()) {
      const mine = message.sender_id === me;
      items.push({
        key: mine && message.client_id ? `c${message.client_id}` : `s${message.seq}`,
        sender_id: message.sender_id,
        text: message.text,
        at: Date.parse(message.sent_at),
        mine,
        message,
        state: mine ? this.conversation_.message_state(message.seq, me) : 'sent',
        first: true,
        last: true,
        newest_mine: false,
      });
    }
    for (const entry of this.store_.outbox.of(this.conversation_.id)) {
      if (entry.seq !== undefined && log.get(entry.seq)) continue;
      const state: MessageState = entry.state;
      items.push({
        key: `c${entry.client_id}`, sender_id: me, text: entry.text, at: entry.created_at, mine: true, entry, state,
        first: true, last: true, newest_mine: false,
      });
    }
    group(items);
    return items;
  }

  private elements_(): { key: string; signature: string; make: () => HTMLElement }[] {
    const wanted: { key: string; signature: string; make: () => HTMLElement }[] = [];
    const holes = [...this.conversation_.log.holes];
    let day = '';
    let unread_shown = false;
    for (const item of this.items_()) {
      const { message } = item;
      if (message && holes[0] && message.seq > holes[0].from_seq) {
        const hole = holes.shift()!;
        wanted.push(line(`hole${hole.from_seq}`, 'Loading missed messages…', 'hole'));
      }
      const label = day_label(item.at);
      if (label !== day) wanted.push(line(`day${new Date(item.at).toDateString()}`, label, 'day'));
      day = label;
      if (message && this.first_unread_ && !unread_shown && message.seq >= this.first_unread_ && !item.mine) {
        unread_shown = true;
        wanted.push(line('unread', 'New messages', 'unread-line'));
      }
      wanted.push({
        key: item.key,
        signature: signature(item, this.conversation_, this.store_),
        make: () => message_view(item, this.conversation_, this.store_, this.actions_),
      });
    }
    return wanted;
  }

  // Moves, makes and removes as little as possible: what stays keeps its focus and its place.
  private reconcile_(wanted: { key: string; signature: string; make: () => HTMLElement }[]): void {
    const keep = new Set(wanted.map((one) => one.key));
    for (const [key, drawn] of this.drawn_) {
      if (keep.has(key)) continue;
      drawn.element.remove();
      this.drawn_.delete(key);
    }
    let next = this.list_.firstElementChild;
    for (const one of wanted) {
      const drawn = this.drawn_.get(one.key);
      if (drawn && drawn.signature === one.signature) {
        if (drawn.element === next) next = next.nextElementSibling;
        else this.list_.insertBefore(drawn.element, next);
        continue;
      }
      const element = one.make();
      if (drawn) {
        if (drawn.element === next) next = next.nextElementSibling;
        drawn.element.remove();
      } else element.classList.add('entering');
      this.list_.insertBefore(element, next);
      this.drawn_.set(one.key, { element, signature: one.signature });
    }
  }
}

function line(key: string, text: string, kind: string) {
  return { key, signature: text, make: () => h('li', { class: `line ${kind}` }, h('span', {}, text)) };
}

// Marks runs by one sender and the newest message of mine.
function group(items: Item[]): void {
  for (let i = 1; i < items.length; i += 1) {
    const before = items[i - 1]!;
    const item = items[i]!;
    const together = before.sender_id === item.sender_id && item.at - before.at < run_gap_ms
      && day_label(before.at) === day_label(item.at);
    before.last = !together;
    item.first = !together;
  }
  const newest = items.findLast((item) => item.mine && !item.message?.recalled);
  if (newest) newest.newest_mine = true;
}
