// The left pane of the chats: a filter, the conversations. Used by shell.tsx.
import { Component, createRef } from 'preact';
import type { ConversationState } from '../conversation.ts';
import type { Store } from '../store.ts';
import { Avatar, Icon, IconButton } from './elements.tsx';
import { list_time } from './format.ts';
import { Reachable, type Handle } from './handle.ts';

// People whose pictures are asked for: the first ones of the list.
const pictures_most = 60;

export interface ListActions {
  open: (id: string) => void;
  new_chat: () => void;
  new_group: () => void;
}

interface Props {
  handle: Handle<ConversationList>;
  store: Store;
  version: number;
  actions: ListActions;
}

export class ConversationList extends Reachable<Props> {
  private readonly filter_ = createRef<HTMLInputElement>();
  private readonly list_ = createRef<HTMLUListElement>();
  private wanted_ = '';

  // Ctrl+K: the filter, with what is in it selected.
  search(): void {
    this.filter_.current?.focus();
    this.filter_.current?.select();
  }

  // After signing in: where the person goes on.
  focus(): void {
    const first = this.list_.current?.querySelector<HTMLElement>('button.conversation') ?? this.filter_.current;
    first?.focus();
  }

  override shouldComponentUpdate(next: Props): boolean { return next.version !== this.props.version; }

  private shown_(): ConversationState[] {
    const { store } = this.props;
    const all = store.list();
    const words = this.wanted_.trim().toLowerCase().replace(/^@/, '');
    if (words === '') return all;
    const me = store.me.account_id;
    return all.filter((conversation) => {
      const handles = [...conversation.members.values()].filter((member) => member.account_id !== me).map((member) => member.handle);
      return [conversation.name(me), ...handles].some((text) => text.toLowerCase().includes(words));
    });
  }

  private readonly filter_key_ = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && this.wanted_ !== '') {
      event.preventDefault();
      this.find_('');
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const first = this.shown_()[0];
      if (!first) return;
      this.find_('');
      this.props.actions.open(first.id);
    } else if (event.key === 'ArrowDown' && !event.altKey) {
      event.preventDefault();
      this.list_.current?.querySelector<HTMLElement>('button.conversation')?.focus();
    }
  };

  private find_(text: string): void {
    this.wanted_ = text;
    this.forceUpdate();
  }

  private readonly list_key_ = (event: KeyboardEvent) => {
    if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.altKey) return;
    const buttons = [...this.list_.current!.querySelectorAll<HTMLButtonElement>('button.conversation')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = at === 0 && event.key === 'ArrowUp' ? this.filter_.current : buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  override render() {
    const { store, actions } = this.props;
    const shown = this.shown_();
    return (
      <nav class="list-pane" aria-label="Conversations">
        <header class="list-head">
          <h2 class="page-title">Chats</h2>
          <IconButton name="people" label="New group" onClick={actions.new_group} />
          <IconButton name="plus" label="New chat" class="accent" onClick={actions.new_chat} />
        </header>
        <div class="list-filter">
          <Icon name="search" />
          <input ref={this.filter_} type="search" aria-label="Find a conversation" placeholder="Find a conversation" dir="auto"
            autocomplete="off" spellcheck={false} value={this.wanted_} title="Ctrl+K"
            onInput={(event) => this.find_(event.currentTarget.value)} onKeyDown={this.filter_key_} />
        </div>
        <div class="list-scroll">
          <ul class="conversations" ref={this.list_} onKeyDown={this.list_key_}>
            {shown.map((conversation, i) => (
              <ConversationRow key={conversation.id} {...row_of(conversation, store, i < pictures_most, actions.open)} />
            ))}
          </ul>
          {shown.length === 0 && <Empty store={store} filtered={this.wanted_.trim() !== ''} new_chat={actions.new_chat} />}
        </div>
      </nav>
    );
  }
}

function Empty({ store, filtered, new_chat }: { store: Store; filtered: boolean; new_chat: () => void }) {
  if (!store.loaded) return <p class="list-empty" role="status">Loading the conversations…</p>;
  if (filtered) return <p class="list-empty" role="status">No conversation is called that.</p>;
  return (
    <div class="list-empty">
      <p>No conversations yet.</p>
      <button type="button" class="primary" onClick={new_chat}>Find a person</button>
    </div>
  );
}

interface RowProps extends Preview {
  id: string;
  name: string;
  picture: string;
  url: string | null;
  online: boolean;
  unread: number;
  current: boolean;
  open: (id: string) => void;
}

// `near`: among the first, whose pictures are shown.
function row_of(conversation: ConversationState, store: Store, near: boolean, open: (id: string) => void): RowProps {
  const me = store.me.account_id;
  const partner = conversation.partner(me);
  return {
    ...preview(conversation, store),
    id: conversation.id,
    name: conversation.name(me),
    picture: partner?.account_id ?? conversation.id,
    url: partner && near ? store.people.picture(partner.account_id) : null,
    online: partner !== undefined && store.online(partner.account_id),
    unread: conversation.unread,
    current: store.open_id === conversation.id,
    open,
  };
}

// Drawn again only when something of it changed: there may be thousands.
class ConversationRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
  }

  override render() {
    const { id, name, picture, url, online, unread, current, open, who, text, at, kind } = this.props;
    return (
      <li>
        <button type="button" class={`conversation${unread > 0 ? ' unread' : ''}`} data-conversation={id}
          aria-current={current ? 'true' : undefined} onClick={() => open(id)}>
          <span class="picture">
            <Avatar id={picture} name={name} url={url} />
            <span class={`presence${online ? ' on' : ''}`} />
          </span>
          <span class="row-body">
            <span class="row-line">
              <span class="row-name"><bdi>{name}</bdi></span>
              {online && <span class="visually-hidden">, online, </span>}
              <span class="row-time">{list_time(at)}</span>
            </span>
            <span class="row-line">
              <span class={`row-text ${kind}`}>{who && <span><bdi>{who}</bdi>: </span>}<bdi dir="auto">{text}</bdi></span>
              {unread > 0 && <span class="badge">{unread > 99 ? '99+' : unread}</span>}
              {unread > 0 && <span class="visually-hidden"> unread</span>}
            </span>
          </span>
        </button>
      </li>
    );
  }
}

interface Preview {
  who: string;
  text: string;
  at: number;
  kind: '' | 'typing' | 'failed' | 'draft';
}

const openings: Record<string, string> = { direct: 'Say hello', group: 'New group', channel: 'New channel' };

function preview(conversation: ConversationState, store: Store): Preview {
  const me = store.me.account_id;
  const last = conversation.last_message;
  const at = last ? conversation.active_at() : 0;
  if (conversation.typing.size > 0) {
    const [who] = conversation.typing.keys();
    const name = conversation.kind === 'direct' ? '' : `${store.name_of(who ?? '', conversation)} is `;
    return { who: '', text: `${name}typing…`, at, kind: 'typing' };
  }
  const pending = store.outbox.of(conversation.id).at(-1);
  if (pending) {
    const failed = pending.state === 'failed';
    return { who: failed ? 'Not sent' : 'You', text: pending.text || 'Attachment', at: pending.created_at, kind: failed ? 'failed' : '' };
  }
  const draft = store.open_id === conversation.id ? '' : store.drafts.get(conversation.id).text.trim();
  if (draft) return { who: 'Draft', text: draft, at, kind: 'draft' };
  if (!last) return { who: '', text: openings[conversation.kind] ?? '', at, kind: '' };
  const text = last.recalled ? 'Message taken back' : last.text || 'Attachment';
  if (last.sender_id === me) return { who: 'You', text, at, kind: '' };
  return { who: conversation.kind === 'direct' ? '' : store.name_of(last.sender_id, conversation), text, at, kind: '' };
}
