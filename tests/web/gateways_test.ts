// Tests of the page's choice among the gateways of a Nova: which one is asked, and what is asked again at the next one.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Api, refresh, register, request } from '../../gateway/web/src/api.ts';
import { gateways, Gateways } from '../../gateway/web/src/gateways.ts';
import { Problem } from '../../gateway/web/src/problem.ts';

const own = 'https://a.example';
const other = 'https://b.example';
const real_fetch = globalThis.fetch;

// Gateways that are away, and what was asked where.
function network(away: string[], status = 200): { asked: string[] } {
  const asked: string[] = [];
  globalThis.fetch = (async (address: string, { method }: RequestInit) => {
    asked.push(`${method} ${address}`);
    const origin = address.startsWith('/') ? '' : new URL(address).origin;
    if (away.includes(origin)) throw new TypeError('Failed to fetch');
    return new Response('{}', { status });
  }) as typeof fetch;
  return { asked };
}

// The page's own gateway is in use again, for the next test.
function at_own(): void {
  while (gateways.current !== '') gateways.failed(gateways.current);
}

gateways.learn(other, own);
afterEach(() => {
  globalThis.fetch = real_fetch;
  at_own();
});

const is_offline = (error: unknown) => error instanceof Problem && error.code === 'offline';

test('a page that was told of no others stays where it is', () => {
  const alone = new Gateways();
  alone.learn('', own);
  alone.failed('');
  assert.equal(alone.address('/v1/feed'), '/v1/feed');
  assert.equal(alone.socket_address(own), 'wss://a.example/v1/ws');
  assert.equal(alone.socket_address('http://127.0.0.1:8080'), 'ws://127.0.0.1:8080/v1/ws');
});

test('the others follow in turn, and the own one is not named twice', () => {
  const three = new Gateways();
  three.learn(`${own} ${other} http://c.example:81`, own);
  three.failed('');
  assert.equal(three.address('/v1/feed'), 'https://b.example/v1/feed');
  assert.equal(three.address('https://bucket.example/x'), 'https://bucket.example/x');
  assert.equal(three.socket_address(own), 'wss://b.example/v1/ws');
  three.failed('');
  assert.equal(three.current, other, 'a late failure of a gateway that was left does not count');
  three.failed(other);
  assert.equal(three.socket_address(own), 'ws://c.example:81/v1/ws');
  three.failed('http://c.example:81');
  assert.equal(three.current, '');
});

test('a socket that never opened leaves its gateway, one that was open does not', () => {
  const two = new Gateways();
  two.learn(other, own);
  const served = new EventTarget();
  two.watch(served);
  served.dispatchEvent(new Event('open'));
  served.dispatchEvent(new Event('close'));
  assert.equal(two.current, '');
  const [first, second] = [new EventTarget(), new EventTarget()];
  for (const socket of [first, second]) two.watch(socket);
  for (const socket of [first, second]) socket.dispatchEvent(new Event('close'));
  assert.equal(two.current, other);
});

test('what may be carried out twice is asked again at the next gateway, and it stays there', async () => {
  const { asked } = network(['']);
  await request('GET', '/v1/feed');
  await request('GET', '/v1/feed');
  at_own();
  await request('PUT', '/v1/conversations/1/read', { seq: 1 });
  at_own();
  await register({ email: 'e', handle: 'h', password: 'p', display_name: 'd' }, 'key');
  at_own();
  await refresh('token');
  assert.deepEqual(asked, [
    'GET /v1/feed', 'GET https://b.example/v1/feed', 'GET https://b.example/v1/feed',
    'PUT /v1/conversations/1/read', 'PUT https://b.example/v1/conversations/1/read',
    'POST /v1/auth/register', 'POST https://b.example/v1/auth/register',
    'POST /v1/auth/refresh', 'POST https://b.example/v1/auth/refresh',
  ]);
});

test('what may have been carried out is not asked twice', async () => {
  const { asked } = network(['']);
  const api = new Api({ access: async () => 'token', renew: async () => 'token' });
  await assert.rejects(api.change_password('old', 'new'), is_offline);
  await request('POST', '/v1/posts', {});
  assert.deepEqual(asked, ['POST /v1/auth/password', 'POST https://b.example/v1/posts']);
});

test('a status is an answer: the gateway stays', async () => {
  const { asked } = network([], 503);
  await assert.rejects(request('GET', '/v1/feed'), (error) => error instanceof Problem && error.code === 'unavailable');
  assert.equal(gateways.current, '');
  assert.equal(asked.length, 1);
});

test('when none answers, each is asked once', async () => {
  const { asked } = network(['', other]);
  await assert.rejects(request('GET', '/v1/feed'), is_offline);
  assert.deepEqual(asked, ['GET /v1/feed', 'GET https://b.example/v1/feed']);
});
