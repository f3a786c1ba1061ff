// Tests of the session client against a server in memory: reconnect, resume, outbox, tokens, close codes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../gateway/web/src/problem.ts';
import { session_limits } from '../../gateway/web/src/session.ts';
import { Bench, id } from './bench.ts';
import { me, other, seeded } from './fake_nova.ts';

test('a message is sent once and leaves the outbox', async () => {
  const bench = new Bench();
  const store = await bench.start();
  store.show(id);
  store.send(id, 'hello');
  assert.equal(store.outbox.of(id)[0]?.state, 'sending');
  await bench.clock.pass(10);
  assert.deepEqual(bench.texts(), ['hello']);
  assert.deepEqual(bench.seen_texts(), ['hello']);
  assert.deepEqual(store.outbox.all(), []);
  assert.equal(bench.disk.length, 0);
});

test('an answer that was lost does not double the message', async () => {
  const bench = new Bench();
  const store = await bench.start();
  let faults = 1;
  bench.nova.fault = () => (faults-- > 0 ? 'lost_after' : 'none');
  store.send(id, 'once');
  store.send(id, 'twice');
  await bench.calm();
  assert.deepEqual(bench.texts(), ['once', 'twice']);
  assert.deepEqual(store.outbox.all(), []);
});

test('what is written without a connection is sent after it, in order', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.reachable = false;
  bench.nova.drop();
  for (const text of ['a', 'b', 'c']) store.send(id, text);
  await bench.clock.pass(60_000);
  assert.deepEqual(bench.texts(), []);
  bench.nova.reachable = true;
  await bench.calm();
  assert.deepEqual(bench.texts(), ['a', 'b', 'c']);
});

test('a reload of the page keeps what was not sent, with its client_id', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.fault = () => 'lost_after';
  store.send(id, 'kept');
  const { client_id } = store.outbox.of(id)[0]!;
  await bench.clock.pass(0);
  assert.deepEqual(bench.texts(), ['kept']);
  store.session.stop();
  bench.nova.fault = () => 'none';
  bench.page();
  assert.equal(bench.store.outbox.get(client_id)?.text, 'kept');
  await bench.start();
  await bench.calm();
  assert.deepEqual(bench.nova.log(id).map((one) => one.client_id), [client_id]);
  assert.deepEqual(bench.store.outbox.all(), []);
});

test('a busy server is asked again, and later messages wait', async () => {
  const bench = new Bench();
  const store = await bench.start();
  let faults = 3;
  bench.nova.fault = () => (faults-- > 0 ? 'busy' : 'none');
  store.send(id, 'first');
  store.send(id, 'second');
  await bench.clock.pass(900);
  assert.deepEqual(bench.texts(), []);
  await bench.calm();
  assert.deepEqual(bench.texts(), ['first', 'second']);
  assert.equal(bench.nova.opened, 1);
});

test('a refused message is shown as failed, can be tried again and discarded', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.fault = () => 'refused';
  store.send(id, 'unwanted');
  await bench.clock.pass(10);
  const entry = store.outbox.of(id)[0]!;
  assert.equal(entry.state, 'failed');
  assert.equal(entry.problem?.code, 'blocked');
  store.session.retry(entry.client_id);
  await bench.clock.pass(10);
  assert.equal(entry.state, 'failed');
  bench.nova.fault = () => 'none';
  store.session.retry(entry.client_id);
  await bench.clock.pass(10);
  assert.deepEqual(store.outbox.all(), []);
  assert.deepEqual(bench.texts(), ['unwanted']);
  bench.nova.fault = () => 'refused';
  store.send(id, 'given up');
  await bench.clock.pass(10);
  store.session.discard(store.outbox.of(id)[0]!.client_id);
  assert.deepEqual(store.outbox.all(), []);
  assert.equal(bench.disk.length, 0);
});

test('a resume says what was seen and receives what was missed', async () => {
  const bench = new Bench();
  for (let i = 0; i < 5; i += 1) bench.nova.append(id);
  const store = await bench.start();
  store.show(id);
  await bench.clock.pass(10);
  bench.nova.drop(1012);
  bench.nova.append(id);
  bench.nova.append(id);
  await bench.calm();
  assert.deepEqual(bench.nova.resumes, [{ [id]: { seq: 5, rev: 0 } }]);
  assert.equal(store.conversations.get(id)?.log.messages().length, 7);
  assert.deepEqual(store.conversations.get(id)?.log.holes, []);
});

test('a gap is filled from the history', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.append(id);
  store.show(id);
  bench.nova.replay_limit = 2;
  bench.nova.drop(4008);
  for (let i = 0; i < 30; i += 1) bench.nova.append(id);
  await bench.calm();
  assert.equal(store.conversations.get(id)?.log.messages().length, 31);
  assert.deepEqual(store.conversations.get(id)?.log.holes, []);
});

test('a gap at the very end is filled without waiting for the next message', async () => {
  const bench = new Bench();
  bench.nova.append(id);
  const store = await bench.start();
  store.show(id);
  await bench.clock.pass(10);
  bench.nova.sockets.forEach((socket) => { socket.account = ''; });
  bench.nova.append(id);
  bench.nova.append(id);
  bench.nova.socket.push('session.gap', { conversation_id: id, from_seq: 2, to_seq: 3 });
  await bench.clock.pass(10);
  assert.deepEqual(bench.seen_texts(), bench.texts());
});

test('a resume that is refused reads the conversation again', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.append(id);
  store.show(id);
  await bench.clock.pass(10);
  bench.nova.resumable = false;
  bench.nova.drop();
  for (let i = 0; i < 3; i += 1) bench.nova.append(id);
  await bench.calm();
  assert.deepEqual(bench.seen_texts(), bench.texts());
});

test('4401 renews the token and comes back at once', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.token = 'token-2';
  bench.nova.drop(4401);
  await bench.clock.pass(1);
  assert.equal(store.state, 'online');
  assert.equal(bench.renewals, 1);
  assert.equal(bench.nova.opened, 2);
});

test('a token that is about to end is replaced on the open socket', async () => {
  const bench = new Bench();
  bench.renew_at = bench.clock.now() + 20_000;
  await bench.start();
  bench.access = 'token-2';
  bench.nova.token = 'token-2';
  bench.renew_at = Number.MAX_SAFE_INTEGER;
  await bench.clock.pass(25_000);
  const opens = bench.nova.socket.calls.filter((call) => call.method === 'session.open');
  assert.deepEqual(opens.map((call) => call.params), [{ access_token: 'token-1' }, { access_token: 'token-2' }]);
  assert.equal(bench.nova.sockets.length, 1);
});

test('a token that can not be renewed signs out', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.renew = async () => { throw new Problem({ code: 'refresh_reused', status: 401 }); };
  bench.nova.token = 'token-2';
  bench.nova.drop(4401);
  await bench.calm();
  assert.equal(store.state, 'signed_out');
  assert.equal(bench.signed_out, 1);
  assert.equal(bench.nova.opened, 1);
});

test('a server that refuses even fresh tokens is not asked in a tight loop', async () => {
  const bench = new Bench();
  await bench.start();
  bench.renew = async () => 'never good';
  bench.nova.token = 'token-2';
  const before = bench.nova.sockets.length;
  bench.nova.drop(4401);
  await bench.clock.pass(10_000);
  assert.ok(bench.nova.sockets.length - before < 40, `${bench.nova.sockets.length} sockets`);
});

test('4409 waits for the person, then takes the session back', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.drop(4409);
  await bench.calm();
  assert.equal(store.state, 'replaced');
  assert.equal(bench.nova.sockets.length, 1);
  store.session.take_over();
  await bench.clock.pass(10);
  assert.equal(store.state, 'online');
  assert.equal(bench.nova.resumes.length, 1);
});

test('the back-off grows with failures, is jittered and has a ceiling', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.reachable = false;
  const at: number[] = [];
  bench.nova.drop();
  let known = bench.nova.sockets.length;
  for (let i = 0; i < 40_000; i += 1) {
    await bench.clock.pass(10);
    for (; known < bench.nova.sockets.length; known += 1) at.push(bench.clock.now());  // a wait may be shorter than a step
    if (at.length >= 12) break;
  }
  const waits = at.slice(1).map((time, i) => time - at[i]!);
  waits.forEach((wait, i) => {
    const ceiling = Math.min(session_limits.backoff_most_ms, session_limits.backoff_first_ms * 2 ** (i + 1));
    assert.ok(wait <= ceiling + 20, `wait ${i} of ${wait} ms is over ${ceiling} ms`);
  });
  assert.ok(Math.max(...waits) > 2_000, `waits ${waits.join()}`);
  assert.equal(store.state === 'waiting' || store.state === 'connecting', true);
});

test('a socket that is silent when asked is given up', async () => {
  const bench = new Bench();
  const store = await bench.start();
  const dead = bench.nova.socket;
  dead.answer = () => {};
  await bench.clock.pass(session_limits.quiet_ms + session_limits.quiet_answer_ms + 10_000);
  assert.equal(dead.closed_by_client, true);
  assert.equal(store.state, 'online');
  assert.equal(bench.nova.opened, 2);
});

test('messages of others raise the unread count until they are read', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.append(id);
  bench.nova.append(id);
  store.send(id, 'mine does not count');
  await bench.clock.pass(10);
  assert.equal(store.unread(), 2);
  store.mark_read(id);
  assert.equal(store.unread(), 0);
  await bench.clock.pass(1_000);
  const marks = bench.nova.socket.calls.filter((call) => call.method === 'messaging.read');
  assert.deepEqual(marks.map((call) => call.params.seq), [2]);
});

test('a message that overtakes the answer about its conversation counts', async () => {
  const bench = new Bench();
  const store = await bench.start();
  bench.nova.log('new');
  bench.nova.socket.push('messaging.conversation', { ...bench.nova.summary('new'), removed: false });
  bench.nova.append('new');
  bench.nova.append('unannounced');
  bench.nova.append('unannounced');
  void store.refresh(id);
  await Promise.resolve();
  bench.nova.append(id);
  await bench.clock.pass(10);
  assert.equal(store.conversations.get('new')?.unread, 1);
  assert.equal(store.conversations.get('unannounced')?.unread, 2);
  assert.equal(store.conversations.get(id)?.unread, 1);
});

test('a member who is listed without a name gets it from the profile', async () => {
  const bench = new Bench();
  bench.nova.nameless = true;
  const store = await bench.start();
  await bench.clock.pass(10);
  assert.equal(store.conversations.get(id)?.name(me), `Name of ${other}`);
});

test('random losses neither lose, double nor reorder anything', async () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seeded(seed);
    const bench = new Bench();
    const store = await bench.start();
    store.show(id);
    const written: string[] = [];
    bench.nova.replay_limit = 3 + Math.floor(random() * 20);
    bench.nova.fault = () => {
      const dice = random();
      return dice < 0.12 ? 'lost_before' : dice < 0.24 ? 'lost_after' : dice < 0.3 ? 'busy' : 'none';
    };
    for (let i = 0; i < 60; i += 1) {
      if (random() < 0.6) {
        written.push(`mine ${i}`);
        store.send(id, `mine ${i}`);
      } else bench.nova.append(id);
      if (random() < 0.05) bench.nova.drop();
      bench.nova.resumable = random() < 0.8;
      if (random() < 0.5) await bench.clock.pass(Math.floor(random() * 3_000));
    }
    bench.nova.fault = () => 'none';
    bench.nova.resumable = true;
    await bench.clock.pass(400_000);
    store.show(id);
    await bench.calm();
    const mine = bench.nova.log(id).filter((one) => one.sender_id === me).map((one) => one.text);
    assert.deepEqual(mine, written, `seed ${seed}: what the server has`);
    assert.deepEqual(store.outbox.all(), [], `seed ${seed}: the outbox`);
    while (!store.conversations.get(id)!.log.complete) await store.load_older(id);
    assert.deepEqual(bench.seen_texts(), bench.texts(), `seed ${seed}: what the page shows`);
  }
});
