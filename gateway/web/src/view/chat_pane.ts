// The right pane: head, messages and composer of the open conversation. Used by shell.ts.
import type { ConversationState } from '../conversation.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import { Composer } from './composer.ts';
import { details_dialog } from './details.ts';
import { avatar, h, icon_button, set_text, toast } from './dom.ts';
import { ago } from './format.ts';
import { message_menu } from './message_menu.ts';
import { MessageList } from './message_list.ts';

export class ChatPane {
  readonly root: HTMLElement;
  readonly conversation: ConversationState;
  private readonly store_: Store;
  private readonly list_: MessageList;
  private readonly composer_: Composer;
  private readonly picture_ = h('span', { class: 'picture' });
  private readonly name_ = h('h2', {});
  private readonly status_ = h('p', { class: 'chat-status' });
  private drawn_name_ = '';

  constructor(store: Store, conversation: ConversationState, back: () => void) {
    this.store_ = store;
    this.conversation = conversation;
    const { id } = conversation;
    this.list_ = new MessageList(store, conversation, {
      menu: (item, anchor) => { if (item.message) this.open_menu_(item.message, anchor); },
      react: (message, emoji, on) => this.try_(store.react(id, message.seq, emoji, on)),
      jump: (seq) => this.list_.jump_to(seq),
      retry: (client_id) => store.session.retry(client_id),
      discard: (client_id) => store.session.discard(client_id),
    });
    this.composer_ = new Composer({
      send: (text, reply_to) => this.send_(text, reply_to),
      edit: (message, text) => this.try_(store.edit(id, message.seq, text)),
      typing: (typing) => store.tell_typing(id, typing),
      edit_last: () => this.edit_last_(),
      draft: (text) => { conversation.draft = text; },
    }, conversation.draft);
    const details = () => details_dialog(store, conversation, back);
    const head = h('header', { class: 'chat-head' },
      icon_button('back', 'Back to the conversations', back, 'back'),
      h('button', { type: 'button', class: 'chat-who', 'aria-label': 'Conversation details', onclick: details },
        this.picture_, h('span', { class: 'chat-names' }, this.name_, this.status_)),
      icon_button('info', 'Details', details));
    this.root = h('section', { class: 'chat-pane', 'aria-label': 'Conversation' },
      head, this.list_.root, this.composer_.root);
  }

  draw(): void {
    const { store_: store, conversation } = this;
    const me = store.me.account_id;
    const name = conversation.name(me);
    const partner = conversation.partner(me);
    if (name !== this.drawn_name_) {
      this.drawn_name_ = name;
      set_text(this.name_, name);
      this.picture_.replaceChildren(avatar(partner?.account_id ?? conversation.id, name), h('span', { class: 'presence' }));
    }
    const online = partner !== undefined && store.online(partner.account_id);
    this.picture_.querySelector('.presence')?.classList.toggle('on', online);
    set_text(this.status_, this.status_text_(online));
    this.list_.draw();
    this.look();
  }

  focus(): void { this.composer_.focus(); }

  // What is on the screen of a window that is looked at counts as read.
  look(): void {
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    if (this.list_.at_end && this.root.isConnected) this.store_.mark_read(this.conversation.id);
  }

  private status_text_(online: boolean): string {
    const { conversation, store_: store } = this;
    if (conversation.kind !== 'direct') {
      const others = [...conversation.members.keys()].filter((id) => store.online(id)).length;
      const count = conversation.member_count;
      return `${count} member${count === 1 ? '' : 's'}${others ? `, ${others} online` : ''}`;
    }
    if (store.state === 'waiting') return 'waiting for the connection';
    if (online) return 'online';
    const partner = conversation.partner(store.me.account_id);
    const last = partner ? store.presence.get(partner.account_id)?.last_seen_at : null;
    if (last) return `last seen ${ago(Date.parse(last))}`;
    return partner ? `@${partner.handle}` : '';
  }

  private send_(text: string, reply_to?: number): void {
    try {
      this.store_.send(this.conversation.id, text, reply_to);
      this.list_.to_end();
    } catch (error) {
      this.conversation.draft = text;
      toast(problem_text(as_problem(error)));
    }
  }

  private edit_last_(): void {
    const me = this.store_.me.account_id;
    const last = this.conversation.log.messages()
      .findLast((message) => message.sender_id === me && !message.recalled);
    if (last) this.composer_.edit(last);
  }

  private open_menu_(message: Message, anchor: HTMLElement): void {
    const { store_: store, conversation } = this;
    const mine = message.sender_id === store.me.account_id;
    message_menu(message, mine, anchor, {
      reply: () => this.composer_.reply(message, mine ? 'yourself' : store.name_of(message.sender_id, conversation)),
      edit: () => this.composer_.edit(message),
      recall: () => this.try_(store.recall(conversation.id, message.seq)),
      copy: () => this.copy_(message.text),
      react: (emoji) => {
        const given = message.reactions.some((one) => one.emoji === emoji && one.mine);
        this.try_(store.react(conversation.id, message.seq, emoji, !given));
      },
    });
  }

  private copy_(text: string): void {
    const refused = () => toast('The browser did not allow copying.');
    if (!navigator.clipboard) refused();
    else navigator.clipboard.writeText(text).then(() => toast('Copied.'), refused);
  }

  private try_(work: Promise<unknown>): void {
    work.catch((error: unknown) => toast(problem_text(as_problem(error))));
  }
}
