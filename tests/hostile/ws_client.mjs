// npm's ws as a foreign client of Nova: ws_client.mjs PORT TOKEN CONVERSATION. Run by foreign_clients_flow_test.py.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';

const [port, token, conversation] = process.argv.slice(2);
let calls = 0;

async function open() {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, ['nova.v1.json'], {
    perMessageDeflate: true, headers: { Authorization: `Bearer ${token}` } });
  const waiting = [], come = [];
  socket.on('message', (data, binary) => {
    assert.equal(binary, false);
    const value = JSON.parse(data.toString());
    const next = waiting.shift();
    if (next) next(value); else come.push(value);
  });
  socket.read = () => come.length > 0 ? Promise.resolve(come.shift()) : new Promise((resolve) => waiting.push(resolve));
  await once(socket, 'open');
  assert.equal(socket.protocol, 'nova.v1.json');
  assert.equal(socket.extensions, '', 'compression was asked for and must not be granted');
  socket.send(call('session.open', { echo: true }));
  assert.ok((await socket.read()).result);
  return socket;
}

function call(method, params) {
  calls += 1;
  return JSON.stringify({ jsonrpc: '2.0', id: calls, method, params });
}

function message(text) {
  return call('messaging.send', { conversation_id: conversation, client_id: `ws-${process.pid}-${calls}`, text });
}

async function expectEcho(socket, text) {
  const got = [await socket.read(), await socket.read()];
  assert.ok(got.some((m) => m.result?.seq > 0), JSON.stringify(got));
  assert.ok(got.some((m) => m.params?.text === text), JSON.stringify(got));
}

async function closes(socket) {
  const [code] = await once(socket, 'close');
  return code;
}

async function fragments() {
  const socket = await open();
  const text = 'in pieces \u4f60\u597d \u{1f600}';
  const bytes = Buffer.from(message(text));
  for (let at = 0; at < bytes.length; at += 5) {
    socket.send(bytes.subarray(at, at + 5), { binary: false, fin: at + 5 >= bytes.length });
    if (at % 50 === 0) socket.ping('between');
  }
  await expectEcho(socket, text);
  socket.close();
  assert.equal(await closes(socket), 1000, 'a close without a code is a normal one')
}

async function largeAndBinary() {
  const socket = await open();
  socket.send(call('no.such', {}).padEnd(1024 * 1024));
  assert.equal((await socket.read()).error.code, -32601);
  socket.send(Buffer.from('binary'), { binary: true });
  assert.equal(await closes(socket), 1003);
  const larger = await open();
  larger.send(' '.repeat(1024 * 1024 + 1));
  assert.equal(await closes(larger), 1009);
}

async function pings() {
  const socket = await open();
  for (let i = 0; i < 200; i += 1) {
    socket.ping(`n${i}`);
    assert.equal((await once(socket, 'pong'))[0].toString(), `n${i}`);
  }
  for (let i = 0; i < 20_000; i += 1) socket.ping();
  assert.equal(await closes(socket), 1008, 'a flood of pings');
}

async function closeCodes() {
  const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999];
  for (const code of codes) {
    const socket = await open();
    socket.close(code, 'reason');
    assert.equal(await closes(socket), code);
  }
  return codes.length;
}

await fragments();
await largeAndBinary();
await pings();
console.log(`ws: fragments, large, binary, pings, ${await closeCodes()} close codes: as expected`);
process.exit(0);
