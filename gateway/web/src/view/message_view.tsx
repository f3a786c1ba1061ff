// One row of the chat: a message of the log or one that waits in the outbox, and what separates it from the row above. Used by
// message_list.tsx. Its controls are no tab stops: the list moves the focus inside a row with the arrow keys.
import type { ConversationState, MessageState } from '../conversation.ts';
import { problem_text, Problem } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import { hue_of } from './avatar_rules.ts';
import { Icon, IconButton, PersonAvatar, type IconName } from './elements.tsx';
import { clock_time, day_label, full_time, only_emoji, text_parts } from './format.ts';
import { MediaByIds } from './media_view.tsx';
import type { Row } from './timeline.ts';

export interface MessageActions {
  menu: (message: Message, anchor: HTMLElement) => void;
  react: (message: Message, emoji: string, on: boolean) => void;
  jump: (seq: number) => void;
  retry: (client_id: string) => void;
  discard: (client_id: string) => void;
}

interface ViewProps {
  row: Row;
  conversation: ConversationState;
  store: Store;
  actions: MessageActions;
}

const state_icons: Record<MessageState, IconName> = {
  sending: 'clock', failed: 'alert', sent: 'check', delivered: 'checks', read: 'checks',
};

const state_words: Record<MessageState, string> = {
  sending: 'Sending', failed: 'Not sent', sent: 'Sent', delivered: 'Delivered', read: 'Read',
};

function state_of({ row, conversation, store }: ViewProps): MessageState {
  if (row.entry) return row.entry.state;
  return conversation.message_state(row.message!.seq, store.me.account_id);
}

export function MessageView(props: ViewProps) {
  const { row, conversation, store, actions } = props;
  const { message, mine } = row;
  const group = conversation.kind !== 'direct';
  const name = store.name_of(row.sender_id, conversation);
  const state = mine ? state_of(props) : 'sent';
  const more = message && !message.recalled && (
    <IconButton name="more" label="Message actions" class="message-more" tabindex={-1}
      onClick={(event) => actions.menu(message, event.currentTarget as HTMLElement)} />
  );
  return (
    <>
      {row.hole && <div class="line hole"><span>Loading missed messages…</span></div>}
      {row.day && <div class="line day"><span>{day_label(row.at)}</span></div>}
      {row.unread && <div class="line unread-line"><span>New messages</span></div>}
      <div class={`message ${mine ? 'mine' : 'theirs'}${row.first ? ' first' : ''}${row.last ? ' last' : ''}`}
        data-seq={message?.seq} data-state={mine ? state : undefined}>
        {group && !mine && (row.last
          ? <PersonAvatar store={store} id={row.sender_id} name={name} size="small" /> : <span class="avatar-space" />)}
        <div class="message-column">
          {group && !mine && row.first && (
            <span class={`sender text-hue-${hue_of(row.sender_id)}`} aria-hidden="true"><bdi>{name}</bdi></span>)}
          <div class="bubble-line">
            {mine && more}
            <Bubble {...props} name={mine ? 'You' : name} state={state} />
            {!mine && more}
          </div>
          {message && message.reactions.length > 0 && <Reactions message={message} actions={actions} />}
          {(row.newest_mine || state === 'failed') && <StateLine {...props} state={state} />}
        </div>
      </div>
    </>
  );
}

function Bubble({ row, conversation, store, actions, name, state }: ViewProps & { name: string; state: MessageState }) {
  const { message, entry, mine } = row;
  const recalled = message?.recalled ?? false;
  const big = !recalled && only_emoji(row.text);
  const reply_to = message?.reply_to ?? entry?.reply_to;
  const media_ids = recalled ? [] : message?.media_ids ?? entry?.media_ids ?? [];
  return (
    <div class={`bubble${recalled ? ' recalled' : ''}${big ? ' big' : ''}${media_ids.length > 0 ? ' with-media' : ''}`}>
      <span class="visually-hidden">{name}: </span>
      {reply_to !== undefined && !recalled && (
        <Quote seq={reply_to} conversation={conversation} store={store} actions={actions} />)}
      {media_ids.length > 0 && <MediaByIds store={store} ids={media_ids} />}
      <div class="bubble-body" dir="auto">
        <span class="text">
          {recalled ? (mine ? 'You took this message back' : 'This message was taken back') : <Text text={row.text} />}
        </span>
        <span class="meta">
          {message?.edited_at && !recalled && <span class="edited" dir="ltr">edited</span>}
          <time dir="ltr" dateTime={new Date(row.at).toISOString()} title={full_time(row.at)}>{clock_time(row.at)}</time>
          {mine && !recalled && (
            <span class={`ticks ${state}`} role="img" aria-label={state_words[state]}><Icon name={state_icons[state]} /></span>)}
        </span>
      </div>
    </div>
  );
}

function Text({ text }: { text: string }) {
  return (
    <>
      {text_parts(text).map((part) => (part.href
        ? <a href={part.href} target="_blank" rel="noopener noreferrer" dir="ltr" tabindex={-1}>{part.text}</a>
        : part.text))}
    </>
  );
}

function Quote({ seq, conversation, store, actions }: Omit<ViewProps, 'row'> & { seq: number }) {
  const quoted = conversation.log.get(seq);
  const name = quoted && (quoted.sender_id === store.me.account_id ? 'You' : store.name_of(quoted.sender_id, conversation));
  const text = !quoted ? 'An earlier message' : quoted.recalled ? 'Message taken back' : quoted.text || 'Attachment';
  return (
    <button type="button" class="quote" tabindex={-1} onClick={() => actions.jump(seq)}>
      <span class="visually-hidden">In reply to </span>
      {name && <strong><bdi>{name}</bdi></strong>}
      <span class="quote-text" dir="auto">{text}</span>
    </button>
  );
}

function Reactions({ message, actions }: { message: Message; actions: MessageActions }) {
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, count, mine }) => (
        <button type="button" class="reaction" key={emoji} tabindex={-1} aria-pressed={mine}
          aria-label={`${emoji}, ${count}${mine ? ', yours' : ''}`} onClick={() => actions.react(message, emoji, !mine)}>
          {emoji}{count > 1 && <span>{count}</span>}
        </button>
      ))}
    </div>
  );
}

function StateLine({ row, conversation, store, actions, state }: ViewProps & { state: MessageState }) {
  const { entry } = row;
  if (!entry || state !== 'failed') {
    return <div class={`state-line ${state}`}><span class="state-word">{words(row, conversation, store, state)}</span></div>;
  }
  return (
    <div class="state-line failed">
      <span>Not sent. {problem_text(new Problem(entry.problem ?? {}))}</span>
      <button type="button" tabindex={-1} onClick={() => actions.retry(entry.client_id)}>Try again</button>
      <button type="button" tabindex={-1} onClick={() => actions.discard(entry.client_id)}>Delete</button>
    </div>
  );
}

function words(row: Row, conversation: ConversationState, store: Store, state: MessageState): string {
  if (conversation.kind === 'direct' || !row.message) return state_words[state];
  const readers = conversation.readers(row.message.seq, store.me.account_id);
  if (readers.length === 0) return state_words[state];
  if (state === 'read') return 'Read by everyone';
  if (readers.length > 2) return `Read by ${readers.length}`;
  return `Read by ${readers.map((member) => member.display_name || member.handle).join(' and ')}`;
}
