// Tests of one conversation's order, holes and changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConversationLog, hole_limit } from '../../gateway/web/src/conversation_log.ts';
import type { Change } from '../../gateway/web/src/types.ts';
import { me, message, other, seeded } from './fake_nova.ts';

const id = 'conversation';
const seqs = (log: ConversationLog) => log.messages().map((one) => one.seq);
const change = (kind: string, fields: Partial<Change> = {}): Change => ({ kind, account_ids: [], mentions: [], ...fields });

function loaded(upto: number, rev = 0): ConversationLog {
  const log = new ConversationLog(0, rev);
  for (let seq = 1; seq <= upto; seq += 1) log.accept(message(id, seq));
  return log;
}

test('a message that was seen is dropped', () => {
  const log = loaded(3);
  assert.equal(log.accept(message(id, 2)), 'known');
  assert.equal(log.accept(message(id, 4)), 'new');
  assert.deepEqual(seqs(log), [1, 2, 3, 4]);
  assert.deepEqual(log.seen(), { seq: 4, rev: 0 });
});

test('a jump leaves a hole that the history fills', () => {
  const log = loaded(3);
  log.accept(message(id, 7));
  assert.deepEqual(log.holes, [{ from_seq: 4, to_seq: 6 }]);
  log.fill({ from_seq: 4, to_seq: 5 }, [message(id, 4), message(id, 5)]);
  assert.deepEqual(log.holes, [{ from_seq: 6, to_seq: 6 }]);
  log.fill({ from_seq: 6, to_seq: 6 }, [message(id, 6)]);
  assert.deepEqual(log.holes, []);
  assert.deepEqual(seqs(log), [1, 2, 3, 4, 5, 6, 7]);
});

test('a gap moves the head and is remembered as seen', () => {
  const log = loaded(3);
  log.gap({ conversation_id: id, from_seq: 4, to_seq: 20 });
  assert.equal(log.seen().seq, 20);
  assert.deepEqual(log.holes, [{ from_seq: 4, to_seq: 20 }]);
  assert.equal(log.accept(message(id, 21)), 'new');
});

test('a gap that is too long to fill drops what is older', () => {
  const log = loaded(3);
  log.gap({ conversation_id: id, from_seq: 4, to_seq: 4 + hole_limit });
  assert.deepEqual(seqs(log), []);
  assert.deepEqual(log.holes, []);
  log.accept(message(id, 5 + hole_limit));
  assert.deepEqual(seqs(log), [5 + hole_limit]);
  assert.equal(log.complete, false);
});

test('without loaded messages nothing is a hole, and scrolling back joins on', () => {
  const log = new ConversationLog(40, 0);
  log.accept(message(id, 41));
  assert.deepEqual(log.holes, []);
  log.fill({ from_seq: 39, to_seq: 40 }, [message(id, 39), message(id, 40)]);
  assert.deepEqual(seqs(log), [39, 40, 41]);
  assert.equal(log.oldest, 39);
});

test('a replay from far below the loaded part makes no unlisted hole', () => {
  const log = new ConversationLog(40, 0);
  log.accept(message(id, 41));
  assert.equal(log.accept(message(id, 10)), 'known');
  assert.deepEqual(seqs(log), [41]);
});

test('changes apply once, also when the history was faster', () => {
  const log = loaded(2);
  const added = { conversation_id: id, rev: 1, seq: 1, change: change('reaction_added', { emoji: '👍', actor_id: me }) };
  assert.equal(log.apply(added, me), 'applied');
  assert.equal(log.apply(added, me), 'known');
  assert.deepEqual(log.get(1)?.reactions, [{ emoji: '👍', count: 1, mine: true }]);
  log.fill({ from_seq: 2, to_seq: 2 }, [message(id, 2, { rev: 2, reactions: [{ emoji: '🎉', count: 1, mine: false }] })]);
  log.apply({ conversation_id: id, rev: 2, seq: 2, change: change('reaction_added', { emoji: '🎉', actor_id: other }) }, me);
  assert.deepEqual(log.get(2)?.reactions, [{ emoji: '🎉', count: 1, mine: false }]);
  assert.equal(log.rev, 2);
});

test('an older state of a message never replaces a newer one', () => {
  const log = loaded(1);
  log.apply({ conversation_id: id, rev: 1, seq: 1, change: change('edited', { text: 'new' }) }, me);
  log.fill({ from_seq: 1, to_seq: 1 }, [message(id, 1)]);
  assert.equal(log.get(1)?.text, 'new');
});

test('a recalled message keeps its place and loses its text', () => {
  const log = loaded(2);
  log.apply({ conversation_id: id, rev: 1, seq: 1, change: change('recalled') }, me);
  assert.deepEqual(seqs(log), [1, 2]);
  assert.equal(log.get(1)?.text, '');
  assert.equal(log.get(1)?.recalled, true);
});

test('any order of pushes, gaps and pages ends in the whole conversation', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seeded(seed);
    const log = new ConversationLog(0, 0);
    const last = 30 + Math.floor(random() * 60);
    let pushed = 0;
    while (pushed < last || log.holes.length > 0 || !log.complete) {
      const dice = random();
      if (pushed < last && dice < 0.5) {
        pushed += 1;
        log.accept(message(id, pushed));
      } else if (pushed < last && dice < 0.6) {
        const to_seq = Math.min(last, pushed + 1 + Math.floor(random() * 8));
        log.gap({ conversation_id: id, from_seq: pushed + 1, to_seq });
        pushed = to_seq;
      } else if (dice < 0.7) {
        log.accept(message(id, Math.max(1, pushed - Math.floor(random() * 10))));
      } else if (log.holes[0]) {
        const { from_seq } = log.holes[0];
        const to_seq = Math.min(log.holes[0].to_seq, from_seq + 3);
        log.fill({ from_seq, to_seq }, Array.from({ length: to_seq - from_seq + 1 }, (_, i) => message(id, from_seq + i)));
      } else if (log.head > 0 && !log.complete) {
        const to_seq = log.oldest - 1;
        const from_seq = Math.max(1, to_seq - 9);
        log.fill({ from_seq, to_seq }, Array.from({ length: to_seq - from_seq + 1 }, (_, i) => message(id, from_seq + i)));
      }
    }
    assert.deepEqual(seqs(log), Array.from({ length: last }, (_, i) => i + 1), `seed ${seed}`);
  }
});
