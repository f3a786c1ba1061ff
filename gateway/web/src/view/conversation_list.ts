// The left pane: who is signed in, the connection, the conversations. Used by shell.ts.
import type { ConversationState } from '../conversation.ts';
import type { Store } from '../store.ts';
import { avatar, h, icon, icon_button, set_attribute, set_text } from './dom.ts';
import { list_time } from './format.ts';

export interface ListActions {
  open: (id: string) => void;
  new_chat: () => void;
  new_group: () => void;
  switch_account: () => void;
  log_out: () => void;
}

export class ConversationList {
  readonly root: HTMLElement;
  private readonly store_: Store;
  private readonly actions_: ListActions;
  private readonly list_ = h('ul', { class: 'conversations' });
  private readonly empty_ = h('div', { class: 'list-empty' });
  private readonly rows_ = new Map<string, Row>();

  constructor(store: Store, actions: ListActions) {
    this.store_ = store;
    this.actions_ = actions;
    const { me } = store;
    const name = me.display_name || me.handle;
    const head = h('header', { class: 'list-head' },
      avatar(me.account_id, name),
      h('div', { class: 'list-me' }, h('strong', {}, name), h('small', {}, `@${me.handle}`)),
      icon_button('people', 'New group', actions.new_group),
      icon_button('plus', 'New chat', actions.new_chat, 'accent'));
    const foot = h('footer', { class: 'list-foot' },
      text_button('swap', 'Switch account', actions.switch_account),
      text_button('leave', 'Log out', actions.log_out));
    this.empty_.append(h('p', {}, 'No conversations yet.'),
      h('button', { type: 'button', class: 'primary', onclick: actions.new_chat }, 'Find a person'));
    this.root = h('nav', { class: 'list-pane', 'aria-label': 'Conversations' },
      head, h('div', { class: 'list-scroll' }, this.list_, this.empty_), foot);
    this.list_.addEventListener('keydown', (event) => this.on_key_(event));
    this.draw();
  }

  draw(): void {
    const conversations = this.store_.list();
    this.empty_.hidden = conversations.length > 0 || !this.store_.loaded;
    const kept = new Set<string>();
    conversations.forEach((conversation, index) => {
      kept.add(conversation.id);
      let row = this.rows_.get(conversation.id);
      if (!row) {
        row = new Row(conversation.id, this.store_, () => this.actions_.open(conversation.id));
        this.rows_.set(conversation.id, row);
      }
      row.draw(conversation);
      const there = this.list_.children[index];
      if (there !== row.root) this.list_.insertBefore(row.root, there ?? null);
    });
    for (const [id, row] of this.rows_) {
      if (kept.has(id)) continue;
      row.root.remove();
      this.rows_.delete(id);
    }
  }

  private on_key_(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const buttons = [...this.list_.querySelectorAll<HTMLButtonElement>('button.conversation')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

class Row {
  readonly root: HTMLElement;
  private readonly store_: Store;
  private readonly button_: HTMLButtonElement;
  private readonly picture_ = h('span', { class: 'picture' });
  private readonly dot_ = h('span', { class: 'presence' });
  private readonly name_ = h('span', { class: 'row-name' });
  private readonly time_ = h('span', { class: 'row-time' });
  private readonly text_ = h('span', { class: 'row-text' });
  private readonly badge_ = h('span', { class: 'badge' });
  private drawn_name_ = '';

  constructor(id: string, store: Store, open: () => void) {
    this.store_ = store;
    this.button_ = h('button', { type: 'button', class: 'conversation', 'data-conversation': id, onclick: open },
      this.picture_,
      h('span', { class: 'row-body' },
        h('span', { class: 'row-line' }, this.name_, this.time_),
        h('span', { class: 'row-line' }, this.text_, this.badge_)));
    this.root = h('li', {}, this.button_);
  }

  draw(conversation: ConversationState): void {
    const { me } = this.store_;
    const name = conversation.name(me.account_id);
    const partner = conversation.partner(me.account_id);
    if (name !== this.drawn_name_) {
      this.drawn_name_ = name;
      this.picture_.replaceChildren(avatar(partner?.account_id ?? conversation.id, name), this.dot_);
    }
    const online = partner !== undefined && this.store_.online(partner.account_id);
    this.dot_.classList.toggle('on', online);
    set_text(this.name_, name);
    set_text(this.time_, list_time(conversation.last_message ? conversation.active_at() : 0));
    const { text, typing } = preview(conversation, this.store_);
    set_text(this.text_, text);
    this.text_.classList.toggle('typing', typing);
    const { unread } = conversation;
    set_text(this.badge_, unread > 99 ? '99+' : String(unread));
    this.badge_.hidden = unread === 0;
    this.button_.classList.toggle('unread', unread > 0);
    set_attribute(this.button_, 'aria-current', this.store_.open_id === conversation.id ? 'true' : null);
    const state = `${online ? ', online' : ''}${unread ? `, ${unread} unread` : ''}`;
    set_attribute(this.button_, 'aria-label', `${name}${state}. ${text}`);
  }
}

function preview(conversation: ConversationState, store: Store): { text: string; typing: boolean } {
  const me = store.me.account_id;
  if (conversation.typing.size > 0) {
    const [who] = conversation.typing.keys();
    const name = conversation.kind === 'direct' ? '' : `${store.name_of(who ?? '', conversation)} is `;
    return { text: `${name}typing…`, typing: true };
  }
  const pending = store.outbox.of(conversation.id).at(-1);
  if (pending) return { text: `You: ${pending.text}`, typing: false };
  const last = conversation.last_message;
  if (!last) return { text: conversation.kind === 'direct' ? 'Say hello' : 'New group', typing: false };
  const text = last.recalled ? 'Message taken back' : last.text || 'Attachment';
  if (last.sender_id === me) return { text: `You: ${text}`, typing: false };
  if (conversation.kind === 'direct') return { text, typing: false };
  return { text: `${store.name_of(last.sender_id, conversation)}: ${text}`, typing: false };
}

function text_button(name: 'swap' | 'leave', label: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'text-button', onclick }, icon(name), label);
}
