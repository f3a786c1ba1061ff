// Tests of the store against a server in memory: names that change, quotes far back, pages that failed, a network that goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { names_age_ms, page_size, type Store } from '../../gateway/web/src/store.ts';
import { Bench, id } from './bench.ts';
import { me, other } from './fake_nova.ts';

const partner_name = (store: Store) => store.conversations.get(id)!.name(me);

async function opened(messages = 0): Promise<{ bench: Bench; store: Store }> {
  const bench = new Bench();
  for (let i = 0; i < messages; i += 1) bench.nova.append(id);
  const store = await bench.start();
  store.show(id);
  await bench.clock.pass(10);
  return { bench, store };
}

test('U3: a changed name is read when the server tells of it', async () => {
  const { bench, store } = await opened();
  bench.nova.names.set(other, 'New Name');
  bench.nova.socket.push('user.changed', { account_id: other });
  await bench.clock.pass(10);
  assert.equal(partner_name(store), 'New Name');
});

test('U3: without being told, the open conversation is read again by time and on opening', async () => {
  const { bench, store } = await opened();
  bench.nova.names.set(other, 'By Time');
  await bench.clock.pass(names_age_ms + 100);
  assert.equal(partner_name(store), 'By Time');
  bench.nova.names.set(other, 'By Opening');
  await bench.clock.pass(5_000);
  store.show(id);
  await bench.clock.pass(10);
  assert.equal(partner_name(store), 'By Opening');
});

test('U3: a window that nobody looks at reads nothing by time', async () => {
  const { bench, store } = await opened();
  bench.visible = false;
  bench.nova.names.set(other, 'Unseen');
  await bench.clock.pass(3 * names_age_ms);
  assert.notEqual(partner_name(store), 'Unseen');
});

test("U3: one's own name comes from the server with every connection, and when it changes", async () => {
  const bench = new Bench();
  bench.nova.names.set(me, 'Renamed Elsewhere');
  const store = await bench.start();
  await bench.clock.pass(10);
  assert.equal(store.me.display_name, 'Renamed Elsewhere');
  bench.nova.names.set(me, 'And Again');
  bench.nova.socket.push('user.changed', { account_id: me });
  await bench.clock.pass(10);
  assert.equal(store.name_of(me), 'And Again');
});

test('U4: a quoted message far back is loaded in large pages, one at a time', async () => {
  const { bench, store } = await opened(1_000);
  const { log } = store.conversations.get(id)!;
  const before = bench.nova.histories;
  assert.equal(log.get(100), undefined);
  const found = store.load_back_to(id, 100);
  await bench.clock.pass(10);
  assert.equal(await found, true);
  assert.equal(log.get(100)?.seq, 100);
  assert.equal(bench.nova.histories - before, 5);
});

test('U4: a quoted message that can not be loaded is said to be missing', async () => {
  const { bench, store } = await opened(200);
  bench.nova.reachable = false;
  assert.equal(await store.load_back_to(id, 1), false);
});

test('U5: a page that could not be loaded is asked for again once the connection is back', async () => {
  const { bench, store } = await opened(200);
  const conversation = store.conversations.get(id)!;
  bench.nova.reachable = false;
  await store.load_older(id);
  assert.equal(conversation.load_failed, true);
  bench.nova.reachable = true;
  bench.nova.drop();
  await bench.calm();
  assert.equal(conversation.load_failed, false);
  assert.equal(conversation.log.size, 2 * page_size);
});

test('U5: the same when only the network was away and the socket lived on', async () => {
  const { bench, store } = await opened(200);
  bench.nova.reachable = false;
  await store.load_older(id);
  bench.nova.reachable = true;
  store.look_again();
  await bench.clock.pass(10);
  assert.equal(store.conversations.get(id)!.log.size, 2 * page_size);
});

test('U6: the browser says offline: the connection counts as lost at once, and nobody as online', async () => {
  const { bench, store } = await opened();
  bench.nova.socket.push('presence.changed', { account_id: other, status: 'online' });
  assert.equal(store.online(other), true);
  bench.nova.reachable = false;
  store.session.network_lost();
  assert.equal(store.state, 'waiting');
  assert.equal(store.online(other), false);
  bench.nova.reachable = true;
  store.look_again();
  await bench.clock.pass(10);
  assert.equal(store.state, 'online');
});

test('loading older messages twice at once asks for one page', async () => {
  const { bench, store } = await opened(200);
  const before = bench.nova.histories;
  await Promise.all([store.load_older(id), store.load_older(id), store.load_older(id)]);
  assert.equal(bench.nova.histories - before, 1);
});
