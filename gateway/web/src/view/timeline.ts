// The rows of a conversation: its messages and what waits in the outbox, in order, with what separates them. Pure; used by
// message_list.tsx. Cheap enough to be made anew for 10,000 messages at each change.
import type { ConversationLog } from '../conversation_log.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { Message } from '../types.ts';

const run_gap_ms = 5 * 60_000;

export interface Row {
  key: string;
  sender_id: string;
  text: string;
  at: number;
  mine: boolean;
  message?: Message;
  entry?: OutboxEntry;
  first: boolean; // of a run by the same sender
  last: boolean;
  newest_mine: boolean; // carries its state in words
  // What stands above the row.
  day: boolean;
  unread: boolean;
  hole: boolean;
}

interface Times {
  at: number;
  day: number;
}

// A message never changes in place, so that its times are worked out once.
const times_of = new WeakMap<Message, Times>();

function times(message: Message): Times {
  let found = times_of.get(message);
  if (!found) {
    const at = Date.parse(message.sent_at);
    found = { at, day: day_of(at) };
    times_of.set(message, found);
  }
  return found;
}

function day_of(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

// `first_unread` is the seq above which the line "New messages" stands, 0 for none.
export function timeline(
  log: ConversationLog, waiting: readonly OutboxEntry[], me: string, first_unread: number,
): Row[] {
  const rows: Row[] = [];
  let before: Row | undefined;
  let day_before = NaN;
  const add = (row: Row, day: number) => {
    row.day = day !== day_before;
    if (before) {
      const together = !row.day && before.sender_id === row.sender_id && row.at - before.at < run_gap_ms;
      before.last = !together;
      row.first = !together;
    }
    day_before = day;
    before = row;
    rows.push(row);
  };
  const { holes } = log;
  let hole = 0;
  // Not above the oldest loaded one while the first unread one is still to be loaded.
  let unread_shown = first_unread === 0 || first_unread < log.oldest;
  for (const message of log.messages()) {
    const { at, day } = times(message);
    const mine = message.sender_id === me;
    const key = mine && message.client_id ? `c${message.client_id}` : `s${message.seq}`;
    const row = blank(key, message.sender_id, message.text, at, mine);
    row.message = message;
    while (hole < holes.length && message.seq > holes[hole]!.from_seq) {
      row.hole = true;
      hole += 1;
    }
    row.unread = !unread_shown && !mine && message.seq >= first_unread;
    unread_shown ||= row.unread;
    add(row, day);
  }
  for (const entry of waiting) {
    if (entry.seq !== undefined && log.get(entry.seq)) continue;
    const row = blank(`c${entry.client_id}`, me, entry.text, entry.created_at, true);
    row.entry = entry;
    add(row, day_of(entry.created_at));
  }
  const newest = rows.findLast((row) => row.mine && !row.message?.recalled);
  if (newest) newest.newest_mine = true;
  return rows;
}

function blank(key: string, sender_id: string, text: string, at: number, mine: boolean): Row {
  return { key, sender_id, text, at, mine, first: true, last: true, newest_mine: false, day: false, unread: false, hole: false };
}
