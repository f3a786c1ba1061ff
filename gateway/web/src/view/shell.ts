// The signed-in page: list and chat side by side, or one at a time on a narrow window. Made by main.ts, told by the store
// what changed; draws at most once a frame.
import type { Store, Topic } from '../store.ts';
import type { Message } from '../types.ts';
import { ChatPane } from './chat_pane.ts';
import { ConversationList } from './conversation_list.ts';
import { h, set_text } from './dom.ts';
import { new_chat_dialog, new_group_dialog } from './new_chat.ts';

const countdown_ms = 1_000;
const calm_ms = 1_500;
const hidden_draw_ms = 250;

export interface ShellActions {
  switch_account: () => void;
  log_out: () => void;
}

export class Shell {
  readonly root: HTMLElement;
  private readonly store_: Store;
  private readonly list_: ConversationList;
  private readonly stage_ = h('div', { class: 'stage' });
  private readonly banner_ = h('div', { class: 'banner', role: 'status' });
  private readonly spoken_ = h('div', { class: 'visually-hidden', 'aria-live': 'polite' });
  private readonly ending_ = new AbortController();
  private readonly countdown_: number;
  private pane_: ChatPane | null = null;
  private frame_ = 0;
  private late_ = 0;
  private dirty_list_ = true;
  private dirty_chat_ = true;
  private trouble_since_ = Date.now();

  constructor(store: Store, actions: ShellActions) {
    this.store_ = store;
    this.list_ = new ConversationList(store, {
      open: (id) => this.go_(id),
      new_chat: () => new_chat_dialog(store, (id) => this.go_(id)),
      new_group: () => new_group_dialog(store, (id) => this.go_(id)),
      ...actions,
    });
    this.root = h('main', { class: 'shell' }, this.banner_, this.list_.root, this.stage_, this.spoken_);
    const { signal } = this.ending_;
    window.addEventListener('hashchange', () => this.route_(), { signal });
    window.addEventListener('focus', () => this.pane_?.look(), { signal });
    document.addEventListener('visibilitychange', () => this.pane_?.look(), { signal });
    this.countdown_ = window.setInterval(() => this.draw_banner_(), countdown_ms);
    this.empty_stage_();
    this.draw_banner_();
  }

  changed(topic: Topic): void {
    switch (topic.kind) {
      case 'connection':
        if (this.store_.state === 'online') this.trouble_since_ = 0;
        else this.trouble_since_ ||= Date.now();
        this.draw_banner_();
        this.dirty_chat_ = true;
        this.dirty_list_ = true;
        break;
      case 'list':
        this.dirty_list_ = true;
        if (this.store_.loaded) this.route_();
        break;
      case 'presence':
        this.dirty_list_ = true;
        this.dirty_chat_ = true;
        break;
      case 'conversation':
        if (topic.id === this.store_.open_id) this.dirty_chat_ = true;
        break;
      case 'arrived':
        this.say_(topic.id, topic.message);
        break;
    }
    this.schedule_();
  }

  close(): void {
    this.ending_.abort();
    clearInterval(this.countdown_);
    this.cancel_();
    document.title = 'Nova';
  }

  // At once, not with the hashchange that follows: what is typed right after a click must not go to the conversation before it.
  private go_(id: string): void {
    location.hash = id ? `#/c/${id}` : '#/';
    this.route_();
  }

  // Shows what the address names: a conversation, or the list alone.
  private route_(): void {
    const wanted = /^#\/c\/([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? '';
    const conversation = this.store_.conversations.get(wanted);
    if (conversation && this.pane_?.conversation === conversation) return;
    if (!conversation) {
      if (this.pane_ || wanted === '') this.empty_stage_();
      return;
    }
    this.store_.show(conversation.id);
    this.pane_ = new ChatPane(this.store_, conversation, () => this.go_(''));
    this.stage_.replaceChildren(this.pane_.root);
    this.root.classList.add('chatting');
    this.dirty_list_ = true;
    this.dirty_chat_ = true;
    this.draw_();
    if (matchMedia('(hover: hover)').matches) this.pane_.focus();
  }

  private empty_stage_(): void {
    if (!this.pane_ && this.stage_.firstChild) return;
    this.pane_ = null;
    this.store_.open_id = '';
    this.root.classList.remove('chatting');
    this.dirty_list_ = true;
    this.stage_.replaceChildren(h('div', { class: 'stage-empty' },
      h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
      h('p', {}, 'Choose a conversation, or find somebody by their handle.')));
    this.schedule_();
  }

  private schedule_(): void {
    this.frame_ ||= requestAnimationFrame(() => this.draw_());
    // A hidden window gets no frames, but its title still counts what is unread.
    this.late_ ||= window.setTimeout(() => this.draw_(), hidden_draw_ms);
  }

  private cancel_(): void {
    cancelAnimationFrame(this.frame_);
    clearTimeout(this.late_);
    this.frame_ = 0;
    this.late_ = 0;
  }

  private draw_(): void {
    this.cancel_();
    if (this.dirty_chat_) this.pane_?.draw();
    if (this.dirty_list_) this.list_.draw();
    this.dirty_chat_ = false;
    this.dirty_list_ = false;
    const unread = this.store_.unread();
    const title = unread > 0 ? `(${unread}) Nova` : 'Nova';
    if (document.title !== title) document.title = title;
  }

  private say_(id: string, message: Message): void {
    const conversation = this.store_.conversations.get(id);
    if (!conversation) return;
    const name = this.store_.name_of(message.sender_id, conversation);
    const where = conversation.kind === 'direct' ? '' : ` in ${conversation.name(this.store_.me.account_id)}`;
    set_text(this.spoken_, `${name}${where}: ${message.text}`);
  }

  // Short troubles are not worth a word: the banner waits a moment.
  private draw_banner_(): void {
    const { state, retry_at } = this.store_;
    const calm = state === 'online' || (state !== 'replaced' && Date.now() - this.trouble_since_ < calm_ms);
    this.root.dataset.connection = state;
    this.banner_.classList.toggle('shown', !calm);
    const wanted = calm ? '' : state === 'waiting' ? `waiting${Math.ceil((retry_at - Date.now()) / 1000)}` : state;
    if (this.banner_.dataset.state === wanted) return;
    this.banner_.dataset.state = wanted;
    if (calm) this.banner_.replaceChildren();
    else if (state === 'replaced') {
      this.banner_.replaceChildren(h('span', {}, 'Nova is open in another window.'),
        h('button', { type: 'button', onclick: () => this.store_.session.take_over() }, 'Use it here'));
    } else if (state === 'waiting') {
      const seconds = Math.max(1, Math.ceil((retry_at - Date.now()) / 1000));
      this.banner_.replaceChildren(h('span', {}, `No connection. Trying again in ${seconds} s. What you write is kept.`),
        h('button', { type: 'button', onclick: () => this.store_.session.nudge() }, 'Now'));
    } else this.banner_.replaceChildren(h('span', {}, 'Connecting…'));
  }
}
