// Registers, logs in, creates a conversation, sends and reads, by openapi-fetch on generated types alone. Run by
// generated_client_flow_test.py: node generated_client.js ORIGIN.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './generated_paths.ts';

// Of the media types that a body may have.
type Media = 'application/json' | 'application/problem+json';

const origin = process.argv[2];
assert(origin);
const anonymous = createClient<paths, Media>({ baseUrl: origin });

async function register(handle: string): Promise<string> {
  const made = await anonymous.POST('/v1/auth/register', {
    params: { header: { 'Idempotency-Key': `first-${handle}` } },
    body: { email: `${handle}@example.org`, handle, password: 'tea, then engines', display_name: handle },
  });
  assert.equal(made.response.status, 201);
  assert(made.data);
  return made.data.account_id;
}

const suffix = Date.now().toString(36);
const ada = await register(`ada_${suffix}`);
const bob = await register(`bob_${suffix}`);
const login = await anonymous.POST('/v1/auth/login', {
  body: { identifier: `ada_${suffix}`, password: 'tea, then engines' },
});
assert(login.data);
const client = createClient<paths, Media>({
  baseUrl: origin,
  headers: { Authorization: `Bearer ${login.data.access_token}` },
});

const created = await client.POST('/v1/conversations', { body: { kind: 'group', member_ids: [bob], title: 'Engines' } });
assert(created.data);
const kind: 'direct' | 'group' | 'channel' = created.data.kind;
assert.equal(kind, 'group');
const title: string | null = created.data.title;
assert.equal(title, 'Engines');
const path = { conversation_id: created.data.conversation_id };

const sent = await client.POST('/v1/conversations/{conversation_id}/messages', {
  params: { path },
  body: { client_id: 'm-1', text: 'Tea at four?' },
});
assert.equal(sent.data?.seq, 1);

const history = await client.GET('/v1/conversations/{conversation_id}/messages', {
  params: { path, query: { limit: 10 } },
});
assert.deepEqual(history.data?.items.map(({ seq, text, sender_id }) => ({ seq, text, sender_id })), [
  { seq: 1, text: 'Tea at four?', sender_id: ada },
]);

const refused = await client.POST('/v1/conversations', { body: { kind: 'group', member_ids: ['nobody'] } });
assert.equal(refused.error?.code, 'invalid_request');
assert.equal(refused.error?.errors?.[0]?.field, 'member_ids.0');
console.log('a generated client registers, logs in, creates, sends and reads');
