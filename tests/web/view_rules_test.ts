// Tests of what the views decide without a page: links, rows, drafts, forms, keys, what a log-out asks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConversationLog } from '../../gateway/web/src/conversation_log.ts';
import { Drafts } from '../../gateway/web/src/drafts.ts';
import { Outbox, type OutboxEntry } from '../../gateway/web/src/outbox.ts';
import { unsent_text } from '../../gateway/web/src/unsent_rules.ts';
import { only_emoji, text_parts } from '../../gateway/web/src/view/format.ts';
import { shortcut_of } from '../../gateway/web/src/view/shortcuts.ts';
import { register_errors } from '../../gateway/web/src/view/sign_in_rules.ts';
import { timeline } from '../../gateway/web/src/view/timeline.ts';
import { id } from './bench.ts';
import { me, MemoryStore, message, other } from './fake_nova.ts';

const links = (text: string) => text_parts(text).filter((part) => part.href).map((part) => part.href);

test('links are found and end before punctuation', () => {
  assert.deepEqual(links('see https://example.org/a?b=1, or (http://example.net).'), ['https://example.org/a?b=1', 'http://example.net']);
  assert.equal(text_parts('a https://x.org b').map((part) => part.text).join(''), 'a https://x.org b');
});

test('P8: a link ends at each bidi control, and no text is lost', () => {
  for (const control of '\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069') {
    const text = `go to https://example.org/${control}gpj.exe now`;
    assert.deepEqual(links(text), ['https://example.org/']);
    assert.equal(text_parts(text).map((part) => part.text).join(''), text);
  }
});

test('only emoji, one to three of them, are shown large', () => {
  for (const text of ['😀', '👍🏽', '👩‍👩‍👧‍👦', '😀 😂 ❤️']) assert.equal(only_emoji(text), true, text);
  for (const text of ['1', 'ok 😀', '😀😀😀😀', '']) assert.equal(only_emoji(text), false, text);
});

function log_of(...senders: string[]): ConversationLog {
  const log = new ConversationLog(0, 0);
  senders.forEach((sender_id, i) => log.accept(message(id, i + 1, {
    sender_id, client_id: `c${i + 1}`, sent_at: new Date(1_000_000_000_000 + i * 1_000).toISOString(),
  })));
  return log;
}

const waiting: OutboxEntry = {
  client_id: 'w', conversation_id: id, text: 'later', created_at: 1_000_000_100_000, order: 1, state: 'sending',
};

test('rows know their runs, days and what waits in the outbox', () => {
  const rows = timeline(log_of(other, other, me), [waiting], me, 0);
  assert.deepEqual(rows.map((row) => row.key), ['s1', 's2', 'cc3', 'cw']);
  assert.deepEqual(rows.map((row) => [row.first, row.last]), [[true, false], [false, true], [true, false], [false, true]]);
  assert.deepEqual(rows.map((row) => row.day), [true, false, false, false]);
  assert.deepEqual(rows.map((row) => row.newest_mine), [false, false, false, true]);
});

test('U12: the line of new messages stands above the first unread one of somebody else, and only if there is one', () => {
  const unread = (first: number) => timeline(log_of(other, me, other, other), [], me, first).map((row) => row.unread);
  assert.deepEqual(unread(0), [false, false, false, false]);
  assert.deepEqual(unread(2), [false, false, true, false]);
  assert.deepEqual(unread(9), [false, false, false, false]);
});

test('a message whose answer came is one row, before and after its own push', () => {
  const answered = { ...waiting, client_id: 'c1', state: 'sent' as const, seq: 1 };
  assert.deepEqual(timeline(log_of(), [answered], me, 0).map((row) => row.key), ['cc1']);
  assert.deepEqual(timeline(log_of(me), [answered], me, 0).map((row) => row.key), ['cc1']);
});

test('U2: the rows of 10,000 messages are made in a few milliseconds', () => {
  const log = log_of(...Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? me : other)));
  timeline(log, [], me, 0);
  const start = performance.now();
  for (let i = 0; i < 10; i += 1) timeline(log, [], me, 0);
  const each_ms = (performance.now() - start) / 10;
  assert.ok(each_ms < 30 * Number(process.env.NOVA_SLOWDOWN ?? 1), `${each_ms.toFixed(1)} ms`);
});

test('U7: drafts, replies and edits survive a reload, each in its conversation and account', () => {
  const disk = new MemoryStore();
  new Drafts(disk, me).put('a', { text: 'half a thou', reply_to: 7 });
  new Drafts(disk, me).put('b', { text: '', edit: { seq: 3, text: 'better' } });
  new Drafts(disk, other).put('a', { text: 'somebody else' });
  const again = new Drafts(disk, me);
  assert.deepEqual(again.get('a'), { text: 'half a thou', reply_to: 7 });
  assert.deepEqual(again.get('b'), { text: '', edit: { seq: 3, text: 'better' } });
  assert.deepEqual(again.get('c'), { text: '' });
  again.put('a', { text: '' });
  assert.deepEqual(again.ids(), ['b']);
});

test('U7: what is no draft in the store is no draft', () => {
  const disk = new MemoryStore();
  disk.setItem(`nova.draft.${me}.a`, '{broken');
  disk.setItem(`nova.draft.${me}.b`, '{"text":5}');
  assert.deepEqual(new Drafts(disk, me).get('a'), { text: '' });
  assert.deepEqual(new Drafts(disk, me).get('b'), { text: '' });
});

test('P7: a log-out clears the unsent texts of its own account alone', () => {
  const disk = new MemoryStore();
  for (const account of [me, other]) {
    new Outbox(disk, account).add({ client_id: account, conversation_id: id, text: 'unsent', created_at: 1 });
    new Drafts(disk, account).put(id, { text: 'draft' });
  }
  new Outbox(disk, me).clear();
  new Drafts(disk, me).clear();
  assert.deepEqual(new Outbox(disk, me).all(), []);
  assert.deepEqual(new Drafts(disk, me).ids(), []);
  assert.equal(new Outbox(disk, other).all().length, 1);
  assert.deepEqual(new Drafts(disk, other).ids(), [id]);
});

test('P7: the question at a log-out says what would be deleted', () => {
  assert.equal(unsent_text(0, 0), '');
  assert.equal(unsent_text(1, 0), 'One message was not sent yet. Logging out deletes this from the browser.');
  assert.equal(unsent_text(0, 0, true), 'A post is not finished. Logging out deletes this from the browser.');
  assert.equal(unsent_text(2, 3), '2 messages were not sent yet, and 3 conversations have drafts. Logging out deletes this from the browser.');
});

test('U14: everything that is wrong with a registration is said at once', () => {
  const good = { display_name: 'Ada', handle: 'ada_l', email: 'ada@example.org', password: 'correct horse' };
  assert.deepEqual(register_errors(good), {});
  const bad = register_errors({ display_name: '', handle: 'a b', email: 'nowhere', password: 'short' });
  assert.deepEqual(Object.keys(bad).sort(), ['display_name', 'email', 'handle', 'password']);
  assert.ok(register_errors({ ...good, password: 'password123' }).password);
  for (const [field, most] of [['display_name', 64], ['handle', 30], ['password', 1024]] as const) {
    assert.deepEqual(register_errors({ ...good, [field]: 'e'.repeat(most) }), {}, field);
    assert.deepEqual(Object.keys(register_errors({ ...good, [field]: 'e'.repeat(most + 1) })), [field]);
  }
});

test('shortcuts: single keys count only where nobody writes', () => {
  const press = (key: string, held: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
  assert.equal(shortcut_of(press('k', { ctrlKey: true }), true), 'find');
  assert.equal(shortcut_of(press('k', { metaKey: true }), false), 'find');
  assert.equal(shortcut_of(press('ArrowDown', { altKey: true }), true), 'next');
  assert.equal(shortcut_of(press('?', { shiftKey: true }), false), 'help');
  assert.equal(shortcut_of(press('?', { shiftKey: true }), true), null);
  assert.equal(shortcut_of(press('k'), false), null);
});
