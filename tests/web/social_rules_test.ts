// Tests of what posts and people are made of, without a page: addresses, texts, the field for a post, lists, threads, counters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Api } from '../../gateway/web/src/api.ts';
import { kept_deletions, keep_deletion, drop_deletion } from '../../gateway/web/src/deletions.ts';
import { Drafts } from '../../gateway/web/src/drafts.ts';
import { Paged } from '../../gateway/web/src/paged.ts';
import { draft_of, draft_problem, empty_draft, local_time, new_poll, request_of } from '../../gateway/web/src/post_draft.ts';
import { Posts, with_reaction } from '../../gateway/web/src/posts.ts';
import { Problem } from '../../gateway/web/src/problem.ts';
import { Relations } from '../../gateway/web/src/relations.ts';
import { address_of, route_of, type Route } from '../../gateway/web/src/routes.ts';
import { no_search, search_query } from '../../gateway/web/src/search_rules.ts';
import type { SocialApi } from '../../gateway/web/src/social_api.ts';
import type { Card, Comment, Post } from '../../gateway/web/src/social_types.ts';
import { arriving_text, Streams } from '../../gateway/web/src/streams.ts';
import { Thread } from '../../gateway/web/src/thread.ts';
import { rich_parts } from '../../gateway/web/src/view/text_rules.ts';
import { MemoryStore } from './fake_nova.ts';

const id = '01a22772-809f-7938-9ed8-5b1e34601bad';

test('each route has an address that leads back to it', () => {
  const routes: Route[] = [
    { page: 'home' }, { page: 'notifications' }, { page: 'requests' }, { page: 'chats' }, { page: 'bookmarks' }, { page: 'drafts' }, { page: 'tags' },
    { page: 'search', search: no_search }, { page: 'search', search: { ...no_search, q: 'a/b? #c', kind: 'messages', from: 'ada&co', in: id } },
    { page: 'search', search: { ...no_search, kind: 'posts' } }, { page: 'search', search: { ...no_search, q: 'a', since: '2026-01-02' } },
    { page: 'chat', id }, { page: 'chat', id, seq: 12 }, { page: 'tag', tag: '建筑' }, { page: 'person', id },
    { page: 'live', state: 'live' }, { page: 'live', state: 'ended' }, { page: 'stream', id }, { page: 'post', id, answer: false }, { page: 'post', id, answer: true },
    { page: 'profile', handle: 'ada_l', tab: 'posts' }, { page: 'profile', handle: 'ada_l', tab: 'following' },
    { page: 'settings', section: 'profile' }, { page: 'settings', section: 'feed' },
  ];
  for (const route of routes) assert.deepEqual(route_of(address_of(route)), route, address_of(route));
  assert.deepEqual(route_of(''), { page: 'home' });
});

test('an address that means nothing is missing, never an error', () => {
  for (const hash of ['#/nowhere', '#/c/x', '#/p/x', '#/%', '#/tag/', '#/@', '#/@ada/friends', '#/a/b/c/d', '#/settings/x', '#/bookmarks/x']) {
    assert.deepEqual(route_of(hash), { page: 'missing' }, hash);
  }
});

test('a search asks for its kind and for the filters that the kind has', () => {
  const asked = new URLSearchParams(search_query({ ...no_search, q: 'tea "at four"', kind: 'posts', from: '@ada_l', in: id, until: '2026-01-02', language: 'en' }));
  assert.deepEqual([...asked.keys()], ['q', 'kind', 'from', 'until', 'language']);
  assert.deepEqual([asked.get('q'), asked.get('from')], ['tea "at four"', 'ada_l']);
  assert.equal(Date.parse(asked.get('until')!), new Date(2026, 0, 3).getTime());
  assert.equal(search_query({ ...no_search, q: 'tea', since: 'x' }), 'q=tea');
});

test('a text is cut at its entities, which are counted in code points', () => {
  const text = '👩‍🚀 hi @ada_l, see https://x.org #Tea';
  const points = [...text];
  const span = (piece: string) => {
    const start = [...text.slice(0, text.indexOf(piece))].length;
    return { start, end: start + [...piece].length };
  };
  const parts = rich_parts(text, [
    { kind: 'hashtag', tag: 'tea', ...span('#Tea') }, { kind: 'mention', account_id: id, ...span('@ada_l') }, { kind: 'link', ...span('https://x.org') },
  ]);
  assert.equal(parts.map((part) => part.text).join(''), text);
  assert.deepEqual(parts.filter((part) => part.kind !== 'text').map(({ kind, text: piece, to }) => [kind, piece, to]),
    [['mention', '@ada_l', id], ['link', 'https://x.org', 'https://x.org'], ['hashtag', '#Tea', 'tea']]);
  // Entities that do not fit the text lose nothing of it.
  for (const bad of [{ start: 5, end: 99 }, { start: 9, end: 9 }, { start: points.length, end: points.length + 1 }]) {
    assert.equal(rich_parts(text, [{ kind: 'mention', ...bad }]).map((part) => part.text).join(''), text);
  }
});

test('a post says what is wrong with it before it is sent', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const problem = (some: object) => draft_problem({ ...empty_draft(), text: 'Hi', ...some }, now);
  assert.equal(problem({}), '');
  assert.match(problem({ text: ' ' }), /write something/);
  assert.equal(problem({ text: '😀'.repeat(10_000) }), '');
  assert.match(problem({ text: '😀'.repeat(10_001) }), /1 characters too many/);
  assert.match(problem({ poll: { ...new_poll(), options: ['Tea', ' '] } }), /two options/);
  assert.match(problem({ poll: { ...new_poll(), options: ['Tea', 'Tea '] } }), /the same/);
  assert.equal(problem({ text: '', poll: { ...new_poll(), options: ['Tea', 'Coffee'] } }), '');
  assert.match(problem({ at: local_time(now - 60_000) }), /has passed/);
  assert.match(problem({ at: '' }), /choose when/);
  assert.equal(problem({ at: local_time(now + 120_000) }), '');
});

test('a post is sent as the contract has it, and comes back from a draft as it was', () => {
  const at = local_time(Date.parse('2027-01-01T00:00:00Z'));
  const draft = {
    ...empty_draft(), text: ' Hi\u0000 ', visibility: 'followers' as const, warning: 'Plot', at, quote: id,
    poll: { options: ['Tea', '', ' Coffee'], ends_in_s: 300, multiple: true },
  };
  const request = request_of(draft);
  assert.deepEqual(request, {
    text: 'Hi', visibility: 'followers', content_warning: 'Plot', quote: id, poll: { options: ['Tea', 'Coffee'], ends_in_s: 300, multiple: true },
    scheduled_at: '2027-01-01T00:00:00.000Z',
  });
  const again = draft_of({ ...request, draft_id: 'd', updated_at: '' });
  assert.deepEqual(request_of(again), request);
  assert.equal(again.draft_id, 'd');
});

test('what is being written outlives a reload, beside the drafts of conversations', () => {
  const disk = new MemoryStore();
  const drafts = new Drafts(disk, 'me');
  assert.equal(drafts.get_post(), null);
  drafts.put_post({ ...empty_draft(), text: 'half a thought' });
  assert.equal(new Drafts(disk, 'me').get_post()?.text, 'half a thought');
  assert.equal(drafts.ids().length, 1);
  drafts.put_post(empty_draft());
  assert.equal(disk.length, 0);
});

test('a reaction replaces the one before; variants of an emoji are one', () => {
  assert.deepEqual(with_reaction({ '❤': 2, '🎉': 1 }, '🎉', '❤️'), { '❤': 3 });
  assert.deepEqual(with_reaction({ '❤': 1 }, '❤️', null), {});
  assert.deepEqual(with_reaction({}, null, '👍'), { '👍': 1 });
});

const a_post = (post_id: string): Post => ({
  post_id, text: '', created_at: '', edited_at: null, visibility: 'public', language: null, content_warning: null, media: [], quote: null,
  poll: null, entities: [], pinned: false,
});

const refused = () => Promise.reject(new Problem({ code: 'forbidden', status: 403 }));

test('an act shows at once, and is taken back when it is refused', async () => {
  let answer: () => Promise<void> = () => Promise.resolve();
  const posts = new Posts({ keep: () => answer(), react: () => answer() } as unknown as SocialApi, () => {});
  posts.take([a_post('p')]);
  const sharing = posts.share('p', true);
  assert.equal(posts.get('p')?.counts?.shares, 1);
  await sharing;
  assert.equal(posts.get('p')?.mine?.shared, true);
  answer = refused;
  await assert.rejects(posts.react('p', '👍'));
  assert.equal(posts.get('p')?.mine?.reaction, null);
  await assert.rejects(posts.bookmark('p', true));
  assert.equal(posts.get('p')?.mine?.bookmarked, false);
});

test('a follow shows at once, asks a private account, and is taken back when it is refused', async () => {
  const person: Card = { account_id: id, handle: 'ada', display_name: '', avatar_url: null, private: false };
  let follow: () => Promise<boolean> = () => Promise.resolve(false);
  const relations = new Relations({ follow: () => follow(), unfollow: () => Promise.resolve() } as unknown as SocialApi, () => {});
  const first = relations.follow(person, true);
  assert.equal(relations.of(person).following, true);
  await first;
  await relations.follow(person, false);
  assert.equal(relations.of(person).following, false);
  follow = () => Promise.resolve(true);
  await relations.follow({ ...person, private: true }, true);
  assert.deepEqual([relations.of(person).requested, relations.of(person).following], [true, false]);
  await relations.follow(person, false);
  follow = () => refused() as Promise<never>;
  await assert.rejects(relations.follow(person, true));
  assert.equal(relations.of(person).following, false);
});

test('a list has each item once, keeps what it shows while it is read again, and drops a late answer', async () => {
  const answers: ((page: { items: string[]; next_cursor: string | null }) => void)[] = [];
  const list = new Paged<string>(() => new Promise((answer) => { answers.push(answer); }), (item) => item, () => {});
  list.open();
  list.open();
  assert.equal(answers.length, 1);
  answers[0]!({ items: ['c', 'b'], next_cursor: '2' });
  await Promise.resolve().then(() => {}).then(() => {});
  assert.deepEqual([list.items, list.complete, list.loading], [['c', 'b'], false, false]);
  void list.more();
  void list.more();
  assert.equal(answers.length, 2);
  const again = list.refresh();
  assert.deepEqual(list.items, ['c', 'b']);
  answers[2]!({ items: ['d', 'c'], next_cursor: '3' });
  await again;
  answers[1]!({ items: ['a'], next_cursor: null });
  await Promise.resolve();
  assert.deepEqual(list.items, ['d', 'c']);
  const more = list.more();
  answers[3]!({ items: ['c', 'b'], next_cursor: null });
  await more;
  assert.deepEqual([list.items, list.complete], [['d', 'c', 'b'], true]);
});

test('a list that failed waits for the person; a cursor that is too old begins it anew', async () => {
  const asked: (string | undefined)[] = [];
  let fails: Problem | null = null;
  const list = new Paged<string>(async (cursor) => {
    asked.push(cursor);
    if (fails) throw fails;
    return { items: [String(asked.length)], next_cursor: 'next' };
  }, (item) => item, () => {});
  await list.refresh();
  fails = new Problem({ code: 'unavailable', status: 503 });
  await list.more();
  await list.more();
  assert.deepEqual(asked, [undefined, 'next']);
  assert.equal(list.problem?.code, 'unavailable');
  fails = new Problem({ code: 'invalid_request', status: 400 });
  await list.again();
  fails = null;
  await list.again();
  assert.deepEqual(asked, [undefined, 'next', 'next', undefined]);
  assert.deepEqual(list.items, ['4']);
});

const a_comment = (comment_id: string, some: Partial<Comment> = {}): Comment => ({
  comment_id, post_id: id, parent: null, author: null, text: comment_id, created_at: '', edited_at: null, replies_count: 0, deleted: false,
  media: [], entities: [], ...some,
});

test('a stream is known once: its key stays in this window, pushes change it, and what arrives is said in words', async () => {
  const made = { stream_id: id, title: 'Tea', state: 'waiting', viewers: 0, peak: 0, playback_url: '/p', conversation_id: 'c', started_at: null, ended_at: null };
  const calls: string[] = [];
  const api = {
    call: (method: string, path: string) => {
      calls.push(`${method} ${path}`);
      const gone = new Problem({ code: 'not_found', status: 404 });
      if (method === 'GET' && path.startsWith('/v1/streams?')) return Promise.resolve({ items: [made], next_cursor: null });
      if (method === 'GET') return Promise.reject(gone);
      return Promise.resolve(path.endsWith('/key') ? { ingest: { rtmp_url: '', hls_put_url: '/h', key: 'two' } } : { ...made, ingest: { rtmp_url: '', hls_put_url: '/h', key: 'one' } });
    },
  };
  const streams = new Streams(api as unknown as Api, () => {});
  await streams.create({ title: 'Tea', visibility: 'public' }, 'key');
  assert.deepEqual([streams.key(id)?.key, streams.get(id)?.ingest], ['one', undefined]);
  await streams.renew_key(id);
  assert.equal(streams.key(id)?.key, 'two');
  streams.on_state({ stream_id: id, state: 'live', started_at: '2026-01-01T00:00:00Z', ended_at: null });
  streams.on_viewers({ stream_id: id, viewers: 3, peak: 4 });
  streams.on_viewers({ stream_id: 'another', viewers: 9, peak: 9 });
  assert.deepEqual([streams.get(id)?.state, streams.get(id)?.viewers, streams.get('another')], ['live', 3, undefined]);
  await streams.list('live').refresh();
  assert.equal(streams.list('live').items.length, 1);
  await streams.read(id);
  assert.deepEqual([streams.get(id), streams.problem(id)?.status], [undefined, 404]);
  assert.equal(arriving_text({ width: 1280, height: 720, bits_s: 2_345_000, behind_s: 3.2 }), '1280 × 720, 2.3 Mbit/s, shown 3 s later');
});

test('a thread shows the levels that are open, counts what is written, and keeps the place of a deleted one', async () => {
  let count = 0;
  const pages: Record<string, Comment[]> = { '': [a_comment('a', { replies_count: 1 }), a_comment('b')], a: [a_comment('a1', { parent: 'a' })] };
  const api = {
    comments: async (_: string, { parent = '' }: { parent?: string }) => ({ items: pages[parent] ?? [], next_cursor: null }),
    comment: async (_: string, body: { text: string; parent?: string }) => a_comment(body.text, { parent: body.parent ?? null }),
    remove_comment: async () => {},
  };
  const thread = new Thread(api as unknown as SocialApi, id, () => {}, (step) => { count += step; });
  const settle = () => new Promise((done) => { setImmediate(done); });
  const shown = () => thread.rows().map((row) => (row.kind === 'comment' ? `${'-'.repeat(row.depth)}${row.comment.deleted ? 'gone' : row.comment.text}` : row.kind));
  thread.open();
  await settle();
  assert.deepEqual(shown(), ['a', 'b']);
  const [a] = thread.top.items;
  thread.toggle(a!);
  await settle();
  assert.deepEqual(shown(), ['a', '-a1', 'b']);
  await thread.add({ text: 'a2', media_ids: [] }, a!, 'key');
  await thread.add({ text: 'c', media_ids: [] }, null, 'key');
  assert.deepEqual(shown(), ['a', '-a1', '-a2', 'b', 'c']);
  assert.deepEqual([count, thread.top.items[0]?.replies_count], [2, 2]);
  await thread.remove(thread.top.items[0]!);
  await thread.remove(thread.top.items[1]!);
  assert.deepEqual(shown(), ['gone', '-a1', '-a2', 'c']);
  assert.equal(count, 0);
});

test('a deletion is kept until its time has run out, or it is taken back', () => {
  const disk = new MemoryStore();
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  keep_deletion(disk, { handle: 'ada', deletes_at: at(60_000), undo_token: 't1' });
  keep_deletion(disk, { handle: 'old', deletes_at: at(-1), undo_token: 't2' });
  assert.deepEqual(kept_deletions(disk).map(({ handle }) => handle), ['ada']);
  drop_deletion(disk, 't1');
  assert.deepEqual(kept_deletions(disk), []);
  disk.setItem('nova.deletions', 'nonsense');
  assert.deepEqual(kept_deletions(disk), []);
});
