// One bubble: a message of the log or one that waits in the outbox. Used by message_list.ts.
import type { ConversationState, MessageState } from '../conversation.ts';
import type { OutboxEntry } from '../outbox.ts';
import { problem_text, Problem } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import { avatar, h, hue_of, icon, icon_button, type IconName } from './dom.ts';
import { clock_time, full_time, linked, only_emoji } from './format.ts';

// What is drawn, whether it has a seq yet or not.
export interface Item {
  key: string;
  sender_id: string;
  text: string;
  at: number;
  mine: boolean;
  message?: Message;
  entry?: OutboxEntry;
  state: MessageState;
  first: boolean; // of a run by the same sender
  last: boolean;
  newest_mine: boolean; // carries its state in words
}

export interface MessageActions {
  menu: (item: Item, anchor: HTMLElement) => void;
  react: (message: Message, emoji: string, on: boolean) => void;
  jump: (seq: number) => void;
  retry: (client_id: string) => void;
  discard: (client_id: string) => void;
}

const state_icons: Record<MessageState, IconName> = {
  sending: 'clock', failed: 'alert', sent: 'check', delivered: 'checks', read: 'checks',
};

const state_words: Record<MessageState, string> = {
  sending: 'Sending', failed: 'Not sent', sent: 'Sent', delivered: 'Delivered', read: 'Read',
};

// Equal signatures draw alike: the element is kept.
export function signature(item: Item, conversation: ConversationState, store: Store): string {
  const { message, entry } = item;
  const readers = item.newest_mine ? conversation.readers(message?.seq ?? Infinity, store.me.account_id).length : 0;
  const quoted = message?.reply_to ?? entry?.reply_to;
  const quote = quoted === undefined ? '' : conversation.log.get(quoted)?.rev ?? 'missing';
  return [item.text, item.state, item.first, item.last, item.newest_mine, message?.rev, message?.seq,
    message?.edited_at, message?.recalled, entry?.problem?.code, readers, quote,
    store.name_of(item.sender_id, conversation), JSON.stringify(message?.reactions ?? [])].join('|');
}

export function message_view(
  item: Item, conversation: ConversationState, store: Store, actions: MessageActions,
): HTMLElement {
  const { message, mine } = item;
  const name = store.name_of(item.sender_id, conversation);
  const group = conversation.kind !== 'direct';
  const root = h('li', {
    class: `message ${mine ? 'mine' : 'theirs'}${item.first ? ' first' : ''}${item.last ? ' last' : ''}`,
    'data-key': item.key,
    'data-seq': message?.seq ?? null,
    'data-state': mine ? item.state : null,
  });
  if (group && !mine) {
    root.append(item.last ? avatar(item.sender_id, name, 'small') : h('span', { class: 'avatar-space' }));
  }
  const column = h('div', { class: 'message-column' });
  if (group && !mine && item.first) {
    column.append(h('span', { class: `sender text-hue-${hue_of(item.sender_id)}` }, name));
  }
  const bubble = bubble_view(item, conversation, store, actions);
  const more = message && !message.recalled
    ? icon_button('more', 'Message actions', () => actions.menu(item, more as HTMLElement), 'message-more')
    : null;
  column.append(h('div', { class: 'bubble-line' }, ...(mine ? [more, bubble] : [bubble, more]).filter((one) => one !== null)));
  if (message && message.reactions.length > 0) column.append(reactions_view(message, actions));
  if (item.newest_mine || item.state === 'failed') column.append(state_line(item, conversation, store, actions));
  root.append(column);
  return root;
}

function bubble_view(
  item: Item, conversation: ConversationState, store: Store, actions: MessageActions,
): HTMLElement {
  const { message, entry, mine } = item;
  const recalled = message?.recalled ?? false;
  const big = !recalled && only_emoji(item.text);
  const bubble = h('div', { class: `bubble${recalled ? ' recalled' : ''}${big ? ' big' : ''}`, dir: 'auto' });
  const who = mine ? 'You' : store.name_of(item.sender_id, conversation);
  bubble.append(h('span', { class: 'visually-hidden' }, `${who}: `));
  const reply_to = message?.reply_to ?? entry?.reply_to;
  if (reply_to && !recalled) bubble.append(quote_view(reply_to, conversation, store, actions));
  const text = h('span', { class: 'text' });
  if (recalled) text.append(mine ? 'You took this message back' : 'This message was taken back');
  else if (item.text) text.append(...linked(item.text));
  else text.append('Attachment');
  const meta = h('span', { class: 'meta' });
  if (message?.edited_at && !recalled) meta.append(h('span', { class: 'edited' }, 'edited'));
  meta.append(h('time', { datetime: new Date(item.at).toISOString(), title: full_time(item.at) }, clock_time(item.at)));
  if (mine && !recalled) {
    meta.append(h('span', { class: `ticks ${item.state}`, role: 'img', 'aria-label': state_words[item.state] },
      icon(state_icons[item.state])));
  }
  bubble.append(text, meta);
  return bubble;
}

function quote_view(
  seq: number, conversation: ConversationState, store: Store, actions: MessageActions,
): HTMLElement {
  const quoted = conversation.log.get(seq);
  const name = quoted ? store.name_of(quoted.sender_id, conversation) : '';
  const text = !quoted ? 'An earlier message' : quoted.recalled ? 'Message taken back' : quoted.text;
  return h('button', {
    type: 'button', class: 'quote', 'aria-label': `In reply to ${name}: ${text}`, onclick: () => actions.jump(seq),
  }, name ? h('strong', {}, name) : null, h('span', {}, text));
}

function reactions_view(message: Message, actions: MessageActions): HTMLElement {
  const row = h('div', { class: 'reactions' });
  for (const { emoji, count, mine } of message.reactions) {
    row.append(h('button', {
      type: 'button',
      class: 'reaction',
      'aria-pressed': String(mine),
      'aria-label': `${emoji}, ${count}${mine ? ', yours' : ''}`,
      onclick: () => actions.react(message, emoji, !mine),
    }, emoji, count > 1 ? h('span', {}, String(count)) : null));
  }
  return row;
}

function state_line(
  item: Item, conversation: ConversationState, store: Store, actions: MessageActions,
): HTMLElement {
  const { entry, state } = item;
  const line = h('div', { class: `state-line ${state}` });
  if (entry && state === 'failed') {
    line.append(h('span', {}, `Not sent. ${problem_text(new Problem(entry.problem ?? {}))}`),
      h('button', { type: 'button', onclick: () => actions.retry(entry.client_id) }, 'Try again'),
      h('button', { type: 'button', onclick: () => actions.discard(entry.client_id) }, 'Delete'));
    return line;
  }
  line.append(h('span', { class: 'state-word' }, words(item, conversation, store)));
  return line;
}

function words(item: Item, conversation: ConversationState, store: Store): string {
  if (conversation.kind === 'direct' || !item.message || item.state === 'sending') return state_words[item.state];
  const readers = conversation.readers(item.message.seq, store.me.account_id);
  if (readers.length === 0) return state_words[item.state];
  if (item.state === 'read') return 'Read by everyone';
  if (readers.length > 2) return `Read by ${readers.length}`;
  return `Read by ${readers.map((member) => member.display_name || member.handle).join(' and ')}`;
}
