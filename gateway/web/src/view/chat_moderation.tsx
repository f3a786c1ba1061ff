// What moderators do in the chat of a stream, and what all see of it: slow mode and the pinned message. Used by chat_pane.tsx.
import { useEffect, useState } from 'preact/hooks';
import type { ConversationState } from '../conversation.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import { attempt } from './attempt.ts';
import { Icon, IconButton } from './elements.tsx';
import type { Entry } from './menu.tsx';
import { confirm } from './overlay.tsx';

const silences: [string, number][] = [['Silence for 10 minutes', 600], ['Silence for a day', 86_400]];
const slow_modes: [number, string][] = [
  [0, 'Slow mode off'], [5, 'Every 5 s'], [10, 'Every 10 s'], [30, 'Every 30 s'], [60, 'Every minute'], [300, 'Every 5 minutes'],
];

export function moderates(store: Store, conversation: ConversationState): boolean {
  const role = conversation.members.get(store.me.account_id)?.role;
  return conversation.chat !== null && (role === 'owner' || role === 'admin');
}

// For the menu of a message in the chat.
export function moderation_entries(store: Store, conversation: ConversationState, message: Message): Entry[] {
  const { streams } = store.social;
  const { id } = conversation;
  const { sender_id, seq } = message;
  const name = store.name_of(sender_id, conversation);
  const pinned = conversation.chat?.pinned_seq === seq;
  const entries: Entry[] = [{
    name: 'pin', label: pinned ? 'Unpin' : 'Pin', work: () => void attempt(streams.set_chat(id, { pinned_seq: pinned ? 0 : seq })),
  }];
  if (sender_id === store.me.account_id) return entries;
  const ban = async () => {
    const text = `${name} leaves the chat and cannot come back.`;
    if (!await confirm({ title: `Ban ${name}?`, text, yes: 'Ban', danger: true })) return;
    await attempt(streams.ban(id, sender_id), `${name} is banned.`);
  };
  const silence = (length_s: number) => attempt(streams.ban(id, sender_id, new Date(Date.now() + length_s * 1000).toISOString()), `${name} is silenced.`);
  return [
    ...entries,
    { name: 'trash', label: 'Delete', danger: true, work: () => void attempt(store.recall(id, seq)) },
    ...silences.map(([label, length_s]): Entry => ({ name: 'mute', label, work: () => void silence(length_s) })),
    { name: 'block', label: 'Ban from the chat', danger: true, work: () => void ban() },
  ];
}

export function ChatHead({ store, conversation }: { store: Store; conversation: ConversationState }) {
  const { chat, id } = conversation;
  const slow = chat?.slow_mode_s ?? 0;
  const choices = slow_modes.some(([length_s]) => length_s === slow) ? slow_modes : [...slow_modes, [slow, `Every ${slow} s`] as [number, string]];
  return (
    <>
      <header class="chat-head embedded">
        <h3>Chat</h3>
        {moderates(store, conversation)
          ? (
            <label class="order"><span class="visually-hidden">Slow mode</span>
              <select value={String(slow)} onChange={(event) => void attempt(store.social.streams.set_chat(id, { slow_mode_s: Number(event.currentTarget.value) }))}>
                {choices.map(([length_s, text]) => <option key={length_s} value={String(length_s)}>{text}</option>)}
              </select>
            </label>)
          : slow > 0 && <small class="slow-mode"><Icon name="clock" />One message every {slow} s</small>}
      </header>
      {chat?.pinned_seq && <Pinned key={chat.pinned_seq} store={store} conversation={conversation} seq={chat.pinned_seq} />}
    </>
  );
}

function Pinned({ store, conversation, seq }: { store: Store; conversation: ConversationState; seq: number }) {
  const [read, set_read] = useState<Message | null>(null);
  const here = conversation.log.get(seq);
  useEffect(() => {
    if (here) return;
    store.api.history(conversation.id, { after_seq: seq - 1, limit: 1 }).then((page) => set_read(page.items[0] ?? null), () => {});
  }, [seq]);
  const message = here ?? read;
  if (!message || message.recalled) return null;
  return (
    <div class="pinned">
      <Icon name="pin" />
      <p class="context-text"><strong><bdi>{store.name_of(message.sender_id, conversation)}</bdi></strong><span dir="auto">{message.text || 'Attachment'}</span></p>
      {moderates(store, conversation) && (
        <IconButton name="close" label="Unpin" onClick={() => void attempt(store.social.streams.set_chat(conversation.id, { pinned_seq: 0 }))} />)}
    </div>
  );
}
