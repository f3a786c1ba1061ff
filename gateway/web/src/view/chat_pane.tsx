// The right pane: head, messages and composer of the open conversation. Used by shell.tsx.
import { createRef } from 'preact';
import type { ConversationState } from '../conversation.ts';
import { as_problem, problem_text } from '../problem.ts';
import { address_of } from '../routes.ts';
import { no_search } from '../search_rules.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import { file_target } from './attach.tsx';
import { is_looked_at } from './attention.ts';
import { ChatHead, moderates, moderation_entries } from './chat_moderation.tsx';
import { Composer } from './composer.tsx';
import { details_dialog } from './details.tsx';
import { Avatar, IconButton, PersonAvatar } from './elements.tsx';
import { ago } from './format.ts';
import { new_handle, Reachable, type Handle } from './handle.ts';
import { MessageList } from './message_list.tsx';
import { message_menu } from './message_menu.tsx';
import { confirm, toast } from './overlay.tsx';

interface Props {
  handle: Handle<ChatPane>;
  store: Store;
  conversation: ConversationState;
  // Raised with every change of what the pane shows.
  version: number;
  back: () => void;
  // Beside a stream: a head of its own.
  embedded?: boolean;
}

export class ChatPane extends Reachable<Props> {
  private readonly root_ = createRef<HTMLElement>();
  private readonly list_ = new_handle<MessageList>();
  private readonly composer_ = new_handle<Composer>();

  focus(): void { this.composer_.current?.focus(); }

  // To a message that was found.
  jump(seq: number): void { void this.list_.current?.jump_to(seq); }

  // What is on the screen of a window that is looked at counts as read.
  look(): void {
    const list = this.list_.current;
    if (!list?.at_end || !is_looked_at()) return;
    const { store, conversation } = this.props;
    store.mark_read(conversation.id);
    if (conversation.unread === 0) list.all_read();
  }

  override shouldComponentUpdate(next: Props): boolean { return next.version !== this.props.version; }
  override componentDidMount(): void { this.look(); }
  override componentDidUpdate(): void { this.look(); }

  private readonly actions_ = {
    menu: (message: Message, anchor: HTMLElement) => this.open_menu_(message, anchor),
    react: (message: Message, emoji: string, on: boolean) =>
      this.try_(this.props.store.react(this.props.conversation.id, message.seq, emoji, on)),
    retry: (client_id: string) => this.props.store.session.retry(client_id),
    discard: (client_id: string) => this.props.store.session.discard(client_id),
  };

  private readonly details_ = () => details_dialog(this.props.store, this.props.conversation, this.props.back);

  private readonly files_ = file_target((files) => this.composer_.current?.attach(files));

  private readonly send_ = (text: string, reply_to: number | undefined, media_ids: string[]) => {
    this.props.store.send(this.props.conversation.id, text, reply_to, media_ids);
    this.list_.current?.sent();
  };

  private readonly edit_last_ = () => {
    const { store, conversation } = this.props;
    const last = conversation.log.messages()
      .findLast((message) => message.sender_id === store.me.account_id && !message.recalled);
    if (last) this.composer_.current?.edit(last);
  };

  private readonly name_of_ = (message: Message) => {
    const { store, conversation } = this.props;
    return message.sender_id === store.me.account_id ? 'yourself' : store.name_of(message.sender_id, conversation);
  };

  private open_menu_(message: Message, anchor: HTMLElement): void {
    const { store, conversation } = this.props;
    const mine = message.sender_id === store.me.account_id;
    message_menu(message, mine, anchor, this.root_.current!, {
      reply: () => this.composer_.current?.reply(message),
      edit: () => this.composer_.current?.edit(message),
      recall: () => void this.recall_(message),
      moderate: moderates(store, conversation) ? moderation_entries(store, conversation, message) : [],
      copy: () => this.copy_(message.text),
      react: (emoji) => {
        const given = message.reactions.some((one) => one.emoji === emoji && one.mine);
        this.try_(store.react(conversation.id, message.seq, emoji, !given));
      },
    });
  }

  private async recall_(message: Message): Promise<void> {
    const { store, conversation } = this.props;
    const text = 'Everybody in the conversation loses it. This cannot be undone.';
    if (!await confirm({ title: 'Take this message back?', text, yes: 'Take back', danger: true })) return;
    this.try_(store.recall(conversation.id, message.seq));
  }

  private copy_(text: string): void {
    const refused = () => toast('The browser did not allow copying.');
    if (!navigator.clipboard) refused();
    else navigator.clipboard.writeText(text).then(() => toast('Copied.'), refused);
  }

  private try_(work: Promise<unknown>): void {
    work.catch((error: unknown) => toast(problem_text(as_problem(error))));
  }

  private head_() {
    const { store, conversation, back, embedded } = this.props;
    if (embedded) return <ChatHead store={store} conversation={conversation} />;
    const me = store.me.account_id;
    const name = conversation.name(me);
    const partner = conversation.partner(me);
    const online = partner !== undefined && store.online(partner.account_id);
    return (
      <header class="chat-head">
        <IconButton name="back" label="Back to the conversations" class="back" onClick={back} />
        <h2>
          <button type="button" class="chat-who" title="Conversation details" onClick={this.details_}>
            <span class="picture">
              {partner ? <PersonAvatar store={store} id={partner.account_id} name={name} /> : <Avatar id={conversation.id} name={name} />}
              <span class={`presence${online ? ' on' : ''}`} />
            </span>
            <span class="chat-names">
              <span class="chat-name"><bdi>{name}</bdi></span>
              <span class="chat-status">{status_text(store, conversation, online)}</span>
            </span>
          </button>
        </h2>
        <IconButton name="search" label="Search in this conversation" onClick={() => {
          location.hash = address_of({ page: 'search', search: { ...no_search, kind: 'messages', in: conversation.id } });
        }} />
        <IconButton name="info" label="Details" onClick={this.details_} />
      </header>
    );
  }

  override render() {
    const { store, conversation, version } = this.props;
    return (
      <section class="chat-pane" aria-label="Conversation" ref={this.root_} {...this.files_}>
        {this.head_()}
        <MessageList handle={this.list_} store={store} conversation={conversation} version={version} actions={this.actions_}
          looked={() => this.look()} leave={() => this.focus()}
          missing={() => toast('That message could not be loaded. Please try again, or scroll up to it.')} />
        <Composer handle={this.composer_} store={store} conversation={conversation} drafts={store.drafts} name_of={this.name_of_} send={this.send_}
          edit={(seq, text) => store.edit(conversation.id, seq, text)} edit_last={this.edit_last_}
          typing={(typing) => store.tell_typing(conversation.id, typing)} up={() => this.list_.current?.focus()} />
      </section>
    );
  }
}

function status_text(store: Store, conversation: ConversationState, online: boolean): string {
  if (conversation.kind !== 'direct') {
    const count = conversation.member_count;
    const members = `${count} ${count === 1 ? 'member' : 'members'}`;
    if (store.state !== 'online') return members;
    const others = [...conversation.members.keys()].filter((id) => id !== store.me.account_id && store.online(id)).length;
    return `${members}, ${others + 1} online`;
  }
  if (store.state === 'waiting') return 'waiting for the connection';
  if (online) return 'online';
  const partner = conversation.partner(store.me.account_id);
  const last = partner ? store.last_seen_at(partner.account_id) : 0;
  if (last) return `last seen ${ago(last)}`;
  return partner ? `@${partner.handle}` : '';
}
