// The messages of the open conversation: only the rows on the screen exist as elements, and the place is kept while older
// pages come in. One tab stop; the arrow keys move between messages and inside one. Used by chat_pane.tsx.
import {
  defaultRangeExtractor, elementScroll, measureElement, observeElementOffset, observeElementRect, Virtualizer, type Range,
  type VirtualItem,
} from '@tanstack/virtual-core';
import { createRef } from 'preact';
import type { ConversationState } from '../conversation.ts';
import type { Store } from '../store.ts';
import { is_looked_at } from './attention.ts';
import { Icon } from './elements.tsx';
import { Reachable, type Handle } from './handle.ts';
import { MessageView, type MessageActions } from './message_view.tsx';
import { timeline, type Row } from './timeline.ts';

const end_slack_px = 48;
const load_ahead_px = 400;
const row_guess_px = 44;
const overscan_rows = 8;
// The height of what stands above the rows (.history-top) and below them (.typing-line).
const top_px = 44;
const bottom_px = 32;
// For this long after an older page came, the rows on the screen stand still when rows above them change their height.
const still_ms = 300;
// How long the line "New messages" stays once everything was read.
export const unread_line_ms = 8_000;

interface Props {
  handle: Handle<MessageList>;
  store: Store;
  conversation: ConversationState;
  // Raised with every change of the conversation.
  version: number;
  actions: Omit<MessageActions, 'jump'>;
  // The end of the conversation may have come into view.
  looked: () => void;
  missing: () => void;
  leave: () => void;
}

export class MessageList extends Reachable<Props> {
  private readonly scroller_ = createRef<HTMLDivElement>();
  private readonly virtual_: Virtualizer<HTMLDivElement, Element>;
  private rows_: Row[] = [];
  private rows_version_ = -1;
  // The row that is the tab stop: where the focus is, or the newest.
  private active_ = '';
  private has_focus_ = false;
  private wants_focus_ = false;
  private flash_ = '';
  private at_end_ = true;
  private new_below_ = 0;
  private last_head_: number;
  private first_unread_: number;
  private read_timer_ = 0;
  // The row that stands still, and until when.
  private still_ = { key: '', until: 0 };
  private unmount_: () => void = () => {};

  constructor(props: Props) {
    super(props);
    const { conversation } = props;
    this.first_unread_ = conversation.unread > 0 ? conversation.read_seq + 1 : 0;
    this.last_head_ = conversation.log.head;
    this.virtual_ = new Virtualizer(this.options_());
    this.virtual_.shouldAdjustScrollPositionOnItemSizeChange = (item) => this.is_above_(item);
  }

  // The end of the conversation is on the screen.
  get at_end(): boolean { return this.at_end_; }

  // A message of one's own is always looked at, and all that came before it was.
  sent(): void {
    this.forget_unread_line_();
    this.to_end();
  }

  // Everything was read just now: the line goes with the next message or after a while.
  all_read(): void {
    if (this.first_unread_ === 0 || this.read_timer_) return;
    this.read_timer_ = window.setTimeout(() => this.forget_unread_line_(), unread_line_ms);
  }

  to_end(): void {
    this.at_end_ = true;
    this.new_below_ = 0;
    this.virtual_.scrollToEnd();
    this.forceUpdate();
  }

  async jump_to(seq: number): Promise<void> {
    const { store, conversation } = this.props;
    if (!conversation.log.get(seq) && !await store.load_back_to(conversation.id, seq)) {
      this.props.missing();
      return;
    }
    this.take_rows_(true);
    const index = this.rows_.findIndex((row) => row.message?.seq === seq);
    if (index < 0) return;
    this.flash_ = this.rows_[index]!.key;
    if (this.has_focus_) {
      this.active_ = this.flash_;
      this.wants_focus_ = true;
    }
    this.at_end_ = false;
    this.virtual_.setOptions(this.options_());
    this.virtual_.scrollToIndex(index, { align: 'center' });
    this.forceUpdate();
  }

  focus(): void {
    this.wants_focus_ = true;
    this.forceUpdate();
  }

  override componentDidMount(): void {
    const scroller = this.scroller_.current!;
    this.unmount_ = this.virtual_._didMount();
    this.virtual_._willUpdate();
    this.virtual_.scrollToEnd();
    const resized = new ResizeObserver(() => { if (this.at_end_) this.virtual_.scrollToEnd(); });
    resized.observe(scroller);
    const stop = this.unmount_;
    this.unmount_ = () => { stop(); resized.disconnect(); };
    this.settle_();
  }

  override componentDidUpdate(): void {
    this.virtual_._willUpdate();
    this.settle_();
  }

  override componentWillUnmount(): void {
    super.componentWillUnmount();
    clearTimeout(this.read_timer_);
    this.unmount_();
  }

  private forget_unread_line_(): void {
    clearTimeout(this.read_timer_);
    this.read_timer_ = 0;
    if (this.first_unread_ === 0) return;
    this.first_unread_ = 0;
    this.rows_version_ = -1;
    this.forceUpdate();
  }

  private options_() {
    const rows = this.rows_;
    return {
      count: rows.length,
      getScrollElement: () => this.scroller_.current,
      estimateSize: () => row_guess_px,
      getItemKey: (index: number) => rows[index]?.key ?? index,
      rangeExtractor: (range: Range) => this.range_(range),
      observeElementRect, observeElementOffset, measureElement,
      scrollToFn: elementScroll,
      onChange: () => this.forceUpdate(),
      overscan: overscan_rows,
      scrollMargin: top_px,
      paddingEnd: bottom_px,
      anchorTo: 'end' as const,
      followOnAppend: true,
      scrollEndThreshold: end_slack_px,
    };
  }

  // -1 when there is no such row. Most are near the end.
  private index_of_(key: string): number {
    return this.rows_.findLastIndex((row) => row.key === key);
  }

  // What is on the screen, and the row with the focus wherever it is.
  private range_(range: Range): number[] {
    const indexes = defaultRangeExtractor(range);
    const active = this.index_of_(this.active_);
    if (active < 0 || indexes.includes(active)) return indexes;
    return active < (indexes[0] ?? 0) ? [active, ...indexes] : [...indexes, active];
  }

  private take_rows_(always = false): void {
    const { store, conversation, version } = this.props;
    if (!always && version === this.rows_version_) return;
    this.rows_version_ = version;
    this.note_arrivals_();
    const first = this.rows_[0]?.key;
    const waiting = store.outbox.of(conversation.id);
    this.rows_ = timeline(conversation.log, waiting, store.me.account_id, this.first_unread_);
    if (first !== undefined && first !== this.rows_[0]?.key) this.stand_still_(first);
  }

  // An older page was put above. The row that was first is no longer: it may lose the day above it, so that the row after it is
  // the one that stands still, unless that is already out of sight.
  private stand_still_(first: string): void {
    const scroller = this.scroller_.current;
    if (!scroller) return;
    const { top } = scroller.getBoundingClientRect();
    const rows = [...scroller.querySelectorAll<HTMLElement>('.row')]
      .filter((row) => row.dataset.key !== first && row.getBoundingClientRect().top >= top)
      .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
    this.still_ = { key: rows[0]?.dataset.key ?? '', until: performance.now() + still_ms };
  }

  // Whether a row that changes its height pushes what is looked at: the place then moves with it.
  private is_above_(item: VirtualItem): boolean {
    const still = performance.now() < this.still_.until ? this.index_of_(this.still_.key) : -1;
    if (still >= 0) return item.index < still;
    const offset = this.virtual_.scrollOffset ?? 0;
    const measured = this.virtual_.itemSizeCache.get(item.key);
    if (measured === undefined) return item.start < offset;
    return item.start + measured <= offset && this.virtual_.scrollDirection !== 'backward';
  }

  private note_arrivals_(): void {
    const { conversation, store } = this.props;
    const { head } = conversation.log;
    if (head <= this.last_head_) return;
    if (!this.at_end_) this.new_below_ += head - this.last_head_;
    const mine = conversation.log.get(head)?.sender_id === store.me.account_id;
    if (mine || (this.read_timer_ && conversation.unread === 0)) this.first_unread_ = 0;
    const unseen = !mine && conversation.unread > 0 && !(this.at_end_ && is_looked_at());
    if (unseen && conversation.read_seq >= this.last_head_) this.first_unread_ = this.last_head_ + 1;
    this.last_head_ = head;
  }

  private settle_(): void {
    const scroller = this.scroller_.current;
    if (!scroller) return;
    if (this.wants_focus_) {
      const row = scroller.querySelector<HTMLElement>('.row[tabindex="0"]');
      if (row) {
        this.wants_focus_ = false;
        row.focus({ preventScroll: true });
      }
    }
    this.load_ahead_();
  }

  private readonly scrolled_ = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller_.current!;
    const at_end = scrollHeight - scrollTop - clientHeight < end_slack_px;
    if (at_end !== this.at_end_) {
      this.at_end_ = at_end;
      if (at_end) this.new_below_ = 0;
      this.forceUpdate();
    }
    if (at_end) this.props.looked();
    this.load_ahead_();
  };

  private load_ahead_(): void {
    const { conversation, store } = this.props;
    const { log, loading, load_failed } = conversation;
    const scroller = this.scroller_.current;
    if (!scroller || loading || load_failed || log.complete || scroller.clientHeight === 0) return;
    // The page that has come is drawn first: it moves the place away from the top.
    if (this.rows_version_ !== this.props.version || this.rows_[0]?.message?.seq !== log.messages()[0]?.seq) return;
    if (scroller.scrollTop < load_ahead_px) void store.load_older(conversation.id);
  }

  private move_(to: number): void {
    const row = this.rows_[Math.min(Math.max(to, 0), this.rows_.length - 1)];
    if (!row) return;
    this.active_ = row.key;
    this.wants_focus_ = true;
    this.virtual_.scrollToIndex(this.rows_.indexOf(row), { align: 'auto' });
    this.forceUpdate();
  }

  // Left and right: the row itself, then its controls.
  private step_inside_(row: HTMLElement, step: number): void {
    const stops = [row, ...row.querySelectorAll<HTMLElement>('button, a, input')];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)]?.focus({ preventScroll: true });
  }

  private readonly key_ = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = (event.target as HTMLElement).closest<HTMLElement>('.row');
    if (!row) return;
    const at = Number(row.dataset.index);
    const on_row = event.target === row;
    const works: Record<string, () => void> = {
      ArrowUp: () => this.move_(at - 1),
      ArrowDown: () => this.move_(at + 1),
      Home: () => this.move_(0),
      End: () => this.move_(this.rows_.length - 1),
      ArrowRight: () => this.step_inside_(row, 1),
      ArrowLeft: () => this.step_inside_(row, -1),
      Escape: () => this.props.leave(),
    };
    const opens = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (opens || (on_row && event.key === 'Enter')) {
      event.preventDefault();
      const message = this.rows_[at]?.message;
      if (message && !message.recalled) this.props.actions.menu(message, row);
      return;
    }
    const work = works[event.key];
    if (!work) return;
    event.preventDefault();
    work();
  };

  // The right button, or a long press: the menu of the message, unless a text is selected or a link is meant.
  private readonly pressed_ = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>('.row');
    const message = row && this.rows_[Number(row.dataset.index)]?.message;
    if (!message || message.recalled || target.closest('a, button') || !getSelection()?.isCollapsed) return;
    event.preventDefault();
    this.props.actions.menu(message, row.querySelector<HTMLElement>('.message-more') ?? row);
  };

  private readonly focused_ = (event: FocusEvent) => {
    const key = (event.target as HTMLElement).closest<HTMLElement>('.row')?.dataset.key;
    if (!key || (key === this.active_ && this.has_focus_)) return;
    this.has_focus_ = true;
    this.active_ = key;
    this.forceUpdate();
  };

  private readonly left_ = (event: FocusEvent) => {
    if (this.scroller_.current?.contains(event.relatedTarget as Node | null)) return;
    this.has_focus_ = false;
    this.forceUpdate();
  };

  override render() {
    this.take_rows_();
    if (!this.has_focus_ || this.index_of_(this.active_) < 0) this.active_ = this.rows_.at(-1)?.key ?? '';
    this.virtual_.setOptions(this.options_());
    const items = this.virtual_.getVirtualItems();
    return (
      <div class="message-area">
        <div class="scroller" role="log" aria-live="off" aria-label="Messages" ref={this.scroller_}
          onScroll={this.scrolled_} onKeyDown={this.key_} onFocusIn={this.focused_} onFocusOut={this.left_}
          onContextMenu={this.pressed_}>
          <HistoryTop store={this.props.store} conversation={this.props.conversation} />
          <ol class="messages" style={{ height: `${this.virtual_.getTotalSize()}px` }}>
            {items.map(({ index, start }) => this.row_(this.rows_[index]!, index, start - top_px))}
          </ol>
          <Typing store={this.props.store} conversation={this.props.conversation} />
        </div>
        {!this.at_end_ && (
          <button type="button" class="jump" onClick={() => this.to_end()}><Icon name="down" />{below(this.new_below_)}</button>)}
      </div>
    );
  }

  private row_(row: Row, index: number, top: number) {
    const { store, conversation, actions } = this.props;
    const jump = (seq: number) => void this.jump_to(seq);
    return (
      <li class={`row${row.key === this.flash_ ? ' flash' : ''}`} key={row.key} data-key={row.key} data-index={index}
        aria-setsize={this.rows_.length} aria-posinset={index + 1} tabindex={row.key === this.active_ ? 0 : -1}
        style={{ top: `${top}px` }} ref={this.virtual_.measureElement}
        onAnimationEnd={() => { this.flash_ = ''; this.forceUpdate(); }}>
        <MessageView row={row} conversation={conversation} store={store} actions={{ ...actions, jump }} />
      </li>
    );
  }
}

function below(count: number): string {
  return count === 0 ? 'Latest' : count === 1 ? '1 new message' : `${count} new messages`;
}

function HistoryTop({ store, conversation }: { store: Store; conversation: ConversationState }) {
  const { log, loading, load_failed, id } = conversation;
  if (load_failed) {
    return (
      <div class="history-top">
        <span>Earlier messages could not be loaded.</span>
        <button type="button" onClick={() => void store.load_older(id)}>Try again</button>
      </div>
    );
  }
  return <div class="history-top">{loading ? 'Loading…' : log.complete ? 'This is where the conversation begins.' : ''}</div>;
}

function Typing({ store, conversation }: { store: Store; conversation: ConversationState }) {
  const names = [...conversation.typing.keys()].map((id) => store.name_of(id, conversation));
  const text = names.length === 0 ? '' : names.length === 1
    ? `${names[0]} is typing` : names.length === 2 ? `${names[0]} and ${names[1]} are typing` : 'Several people are typing';
  return (
    <div class="typing-line" aria-live="polite">
      {text && <span class="typing-dots" aria-hidden="true"><i /><i /><i /></span>}
      {text && <span>{text}</span>}
    </div>
  );
}
