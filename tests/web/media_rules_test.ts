// Uploads and known media without a browser: order, limits, cancel, retry, descriptions, what outlives a reload, when a medium is read again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends_at, MediaShelf } from '../../gateway/web/src/media.ts';
import { kind_of, type Media } from '../../gateway/web/src/media_types.ts';
import { draft_problem, empty_draft, request_of } from '../../gateway/web/src/post_draft.ts';
import { Problem } from '../../gateway/web/src/problem.ts';
import type { Sending } from '../../gateway/web/src/upload.ts';
import { problem_of_text } from '../../gateway/web/src/upload.ts';
import { sent_at_once, UploadList } from '../../gateway/web/src/uploads.ts';
import { bars, box_ratio, label_of, length_text, size_text, source_set, type_text } from '../../gateway/web/src/view/media_rules.ts';

const settle = () => new Promise((done) => { setImmediate(done); });

function medium(media_id: string, some: Partial<Media> = {}): Media {
  return { media_id, state: 'ready', kind: 'image', content_type: 'image/png', size: 1, variants: {}, url: `/v1/media/${media_id}/content`, ...some };
}

interface Sent {
  file: File;
  sending: Sending;
  done: (media: Media) => void;
  fail: (error: unknown) => void;
}

function field(most = 20) {
  const sent: Sent[] = [];
  const described: [string, string][] = [];
  const list = new UploadList({
    send: (file, sending) => new Promise((done, fail) => { sent.push({ file, sending, done, fail }); }),
    describe: (media_id, alt) => { described.push([media_id, alt]); return Promise.resolve(medium(media_id, { alt })); },
    took: () => {},
  }, 'message', most);
  const add = (...names: string[]) => list.add(names.map((name) => new File(['x'], name, { type: name.endsWith('.ogg') ? 'audio/ogg' : 'application/pdf' })));
  return { list, sent, described, add, states: () => list.items.map(({ state }) => state) };
}

test('files are sent two at a time, in their order, and their media named in that order', async () => {
  const { list, sent, add, states } = field();
  add('a', 'b', 'c');
  assert.equal(sent.length, sent_at_once);
  assert.deepEqual(states(), ['sending', 'sending', 'waiting']);
  sent[1]!.done(medium('2'));
  await settle();
  assert.deepEqual(states(), ['sending', 'done', 'sending']);
  assert.ok(list.busy);
  sent[2]!.done(medium('3'));
  sent[0]!.done(medium('1'));
  await settle();
  assert.deepEqual(list.media_ids(), ['1', '2', '3']);
  assert.ok(!list.busy);
});

test('more files than there is room for are left out and counted', () => {
  const { list, add } = field(2);
  assert.equal(add('a', 'b', 'c'), 1);
  assert.equal(list.room, 0);
  assert.equal(add('d'), 1);
});

test('a failed upload says why, is tried again, and lets the next one pass meanwhile', async () => {
  const { list, sent, add, states } = field();
  add('a', 'b', 'c');
  sent[0]!.fail(new Problem({ code: 'quota_exceeded', status: 413 }));
  await settle();
  assert.deepEqual(states(), ['failed', 'sending', 'sending']);
  assert.equal(list.items[0]!.problem!.code, 'quota_exceeded');
  list.retry(list.items[0]!.id);
  assert.equal(states()[0], 'waiting');
  sent[1]!.done(medium('2'));
  await settle();
  assert.equal(sent[3]!.file.name, 'a');
});

test('a cancelled upload is broken off, and its late answer changes nothing', async () => {
  const { list, sent, add } = field();
  add('a', 'b');
  list.remove(list.items[0]!.id);
  assert.ok(sent[0]!.sending.signal.aborted);
  sent[0]!.done(medium('1'));
  await settle();
  assert.deepEqual(list.items.map(({ name, state }) => [name, state]), [['b', 'sending']]);
  list.clear();
  assert.ok(sent[1]!.sending.signal.aborted);
});

test('a description waits for the upload; files and sounds are described by their names', async () => {
  const { list, sent, described, add } = field();
  add('report.pdf', 'song.ogg');
  await list.describe(list.items[1]!.id, 'A song');
  assert.deepEqual(described, []);
  sent[0]!.done(medium('1'));
  sent[1]!.done(medium('2'));
  await settle();
  assert.deepEqual(described, [['1', 'report.pdf'], ['2', 'A song']]);
  await list.describe(list.items[0]!.id, 'The report');
  assert.deepEqual(described[2], ['1', 'The report']);
});

test('what is uploaded comes back after a reload, and what is not does not', async () => {
  const { list, sent, add } = field();
  add('a', 'b');
  sent[0]!.done(medium('1'));
  await settle();
  const next = field();
  next.list.restore(list.kept());
  next.list.restore(list.kept());
  assert.deepEqual(next.list.media_ids(), ['1']);
});

function shelf() {
  const timers: { ms: number; work: () => void }[] = [];
  const asked: string[] = [];
  const answers = new Map<string, Media>();
  const now = { ms: 1_000_000 };
  const made = new MediaShelf((id) => {
    asked.push(id);
    const found = answers.get(id);
    return found ? Promise.resolve(found) : Promise.reject(new Problem({ code: 'not_found', status: 404 }));
  }, { now: () => now.ms, set: (ms, work) => timers.push({ ms, work }), clear: () => {} }, () => {});
  return { made, timers, asked, answers, now };
}

test('a medium is read once, and one that is not to be had is not asked for again', async () => {
  const { made, asked, answers } = shelf();
  answers.set('1', medium('1'));
  assert.equal(made.want('1'), undefined);
  made.want('1');
  made.want('2');
  await settle();
  assert.equal(made.want('1')?.media_id, '1');
  assert.equal(made.want('2'), null);
  assert.deepEqual(asked, ['1', '2']);
});

test('a medium in preparation is read again after a while, or comes by push', async () => {
  const { made, timers, asked, answers } = shelf();
  answers.set('1', medium('1', { state: 'processing' }));
  made.want('1');
  await settle();
  made.want('1');
  made.want('1');
  assert.equal(timers.length, 1);
  timers[0]!.work();
  await settle();
  assert.deepEqual(asked, ['1', '1']);
  made.on_ready({ media_id: '1', state: 'ready', media: medium('1') });
  assert.equal(made.want('1')?.state, 'ready');
  assert.equal(timers.length, 1);
});

test('an address that ends soon is renewed, and the old picture stays until then', async () => {
  const { made, asked, answers, now } = shelf();
  const until = (ms: number) => medium('1', { url: `/v1/media/1/content?until=${ms / 1000}&sig=x` });
  assert.equal(ends_at(until(5_000_000).url), 5_000_000);
  const given = until(2_000_000);
  assert.equal(made.newest(given), given);
  answers.set('1', until(9_000_000));
  now.ms = 1_990_000;
  assert.equal(made.newest(given).url, given.url);
  await settle();
  assert.equal(made.newest(given).url, until(9_000_000).url);
  assert.deepEqual(asked, ['1']);
});

test('a post may have files and no words', () => {
  const draft = { ...empty_draft(), media: [{ media_id: '1', name: 'a', kind: 'image' as const, alt: '' }] };
  assert.equal(draft_problem(draft), '');
  assert.deepEqual(request_of(draft).media_ids, ['1']);
  assert.notEqual(draft_problem(empty_draft()), '');
});

test('media are named, measured and laid out', () => {
  assert.deepEqual(['image/png', 'image/svg+xml', 'video/mp4', 'audio/ogg', ''].map(kind_of), ['image', 'file', 'video', 'audio', 'file']);
  assert.deepEqual([12, 204_800, 3_000_000].map(size_text), ['12 bytes', '204.8 kB', '3 MB']);
  assert.deepEqual([5.9, 75, 3_700].map(length_text), ['0:05', '1:15', '1:01:40']);
  assert.deepEqual(['application/pdf', 'text/x-python', 'application/octet-stream'].map(type_text), ['PDF', 'PYTHON', 'File']);
  assert.equal(box_ratio(medium('1', { width: 100, height: 1_000 })), 0.6);
  assert.equal(box_ratio(medium('1', { width: 1_000, height: 100 })), 2.4);
  assert.equal(label_of(medium('1', { alt: 'A cat' })), 'Picture: A cat');
  assert.deepEqual(bars([0, 50, 100, 25], 2), [0.5, 1]);
  const variants = { 320: { url: '/a', width: 320, height: 1, size: 1 }, 1280: { url: '/b', width: 900, height: 1, size: 1 } };
  assert.equal(source_set(medium('1', { variants }), ''), '/a 320w, /b 900w');
  assert.equal(problem_of_text(413, 'no JSON').code, 'payload_too_large');
  assert.equal(problem_of_text(415, '{"code":"unsupported_media_type"}').code, 'unsupported_media_type');
});
