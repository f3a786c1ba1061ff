// Tests of the tokens' renewal: an answer that is lost or late, and two windows of one browser.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import * as api from '../../gateway/web/src/api.ts';
import { offline_problem, Problem } from '../../gateway/web/src/problem.ts';
import { account_of, read_account, TokenKeeper, write_account } from '../../gateway/web/src/tokens.ts';
import type { Tokens } from '../../gateway/web/src/types.ts';
import { me, MemoryStore } from './fake_nova.ts';

const pair = (n: number): Tokens =>
  ({ account_id: me, access_token: `access ${n}`, refresh_token: `refresh ${n}`, expires_in_s: 900 });

// A browser with a signed-in account; `answers` are what the refreshes meet, in their order.
function browser(answers: (Tokens | Problem)[]) {
  const store = new MemoryStore();
  write_account(store, account_of(pair(1), { handle: 'me', display_name: 'Me' }));
  const asked: string[] = [];
  const refresh = async (token: string): Promise<Tokens> => {
    asked.push(token);
    const answer = answers.shift()!;
    if (answer instanceof Problem) throw answer;
    return answer;
  };
  const keeper = new TokenKeeper(store, me, (_, work) => work(), refresh);
  let signed_out = 0;
  keeper.on_signed_out = () => { signed_out += 1; };
  return { store, keeper, asked, signed_out: () => signed_out };
}

test('R5: a refresh whose answer is lost is asked once more with the same token, at once', async () => {
  const { store, keeper, asked, signed_out } = browser([offline_problem(), pair(2)]);
  assert.equal(await keeper.renew('access 1'), 'access 2');
  assert.deepEqual(asked, ['refresh 1', 'refresh 1']);
  assert.equal(read_account(store, me)?.refresh_token, 'refresh 2');
  assert.equal(signed_out(), 0);
});

test('R5: two lost answers end the try, and the account and its token stay', async () => {
  const { store, keeper, asked, signed_out } = browser([offline_problem(), offline_problem(), pair(2)]);
  await assert.rejects(keeper.renew('access 1'), { code: 'offline' });
  assert.equal(asked.length, 2);
  assert.equal(read_account(store, me)?.refresh_token, 'refresh 1');
  assert.equal(await keeper.renew('access 1'), 'access 2');
  assert.equal(signed_out(), 0);
});

test('R5: a refusal is not asked again and signs out', async () => {
  const { store, keeper, asked, signed_out } =
    browser([new Problem({ code: 'refresh_reused', status: 401 }), pair(2)]);
  await assert.rejects(keeper.renew('access 1'), { status: 401 });
  assert.equal(asked.length, 1);
  assert.equal(read_account(store, me), null);
  assert.equal(signed_out(), 1);
});

test('R5: the page gives up on the answer of a refresh so early that the second try begins within 5 s', async () => {
  const limits: number[] = [];
  mock.method(AbortSignal, 'timeout', (ms: number) => {
    limits.push(ms);
    return AbortSignal.abort();
  });
  mock.method(globalThis, 'fetch', async (_: string, { signal }: RequestInit) => { signal!.throwIfAborted(); });
  try {
    await assert.rejects(api.refresh('refresh 1'), { code: 'offline' });
  } finally {
    mock.restoreAll();
  }
  assert.equal(limits.length, 1);
  assert.ok(limits[0]! < 5_000, `${limits[0]} ms`);
});
