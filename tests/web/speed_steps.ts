// U2: a conversation with 10,000 messages: what a key press costs, how many elements there are, how scrolling up keeps its place
// and asks for one page at a time. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { slowdown, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const messages = 10_000;
const keys = 30;
const key_limit_ms = 30;
const elements_limit = 1_500;
const sends_limit_ms = 3_000;
const pages_up = 8;
const page_size = 50;

interface Feed {
  token: string;
  conversation_id: string;
  count: number;
}

// In a page: sends messages over a socket of its own, a few on their way at a time, so that the readers' sockets keep up.
async function feed({ token, conversation_id, count }: Feed): Promise<void> {
  const ahead = 40;
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/v1/ws`, 'nova.v1.json');
  const call = (id: number, method: string, params: object) => socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  await new Promise<void>((done, failed) => {
    let next = 1;
    let answered = 0;
    const send = () => {
      const text = `message ${next} ${'lorem ipsum dolor sit amet '.repeat(next % 5)}`;
      call(next, 'messaging.send', { conversation_id, client_id: `feed-${next}`, text });
      next += 1;
    };
    socket.onopen = () => call(0, 'session.open', { access_token: token, echo: false });
    socket.onclose = (event) => failed(new Error(`the feeding socket was closed: ${event.code}`));
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as { id?: number; error?: { message: string } };
      if (answer.error) failed(new Error(answer.error.message));
      if (answer.id === undefined) return;
      if (answer.id === 0) {
        for (let i = 0; i < ahead; i += 1) send();
        return;
      }
      answered += 1;
      if (answered === count) {
        socket.onclose = null;
        socket.close();
        done();
      } else if (next <= count) send();
    };
  });
}

function token_of(page: Page): Promise<string> {
  return page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('nova.account.'))!;
    return (JSON.parse(localStorage.getItem(key)!) as { access_token: string }).access_token;
  });
}

// Of each key, in milliseconds: from the key to the end of the frame that shows its letter, and the processor time of the page's
// main thread meanwhile. The second does not grow when the machine does other work.
async function key_times(page: Page): Promise<{ drawn: number[]; worked: number[] }> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked_so_far = async () => task_ms((await devtools.send('Performance.getMetrics')).metrics);
  const worked: number[] = [];
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { key_times: times });
    let pressed = 0;
    document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
    document.addEventListener('input', () => requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => times.push(performance.now() - pressed);
      painted.port2.postMessage(0);
    }));
  });
  const read = () => page.evaluate(() => (window as unknown as { key_times: number[] }).key_times);
  for (let i = 0; i < keys; i += 1) {
    const before = await worked_so_far();
    await page.keyboard.press('abcdefghij'[i % 10]!);
    await expect_soon('the key is drawn', async () => (await read()).length, i + 1);
    worked.push(await worked_so_far() - before);
  }
  await devtools.detach();
  return { drawn: (await read()).sort((a, b) => a - b), worked: worked.sort((a, b) => a - b) };
}

function task_ms(metrics: { name: string; value: number }[]): number {
  return metrics.find((metric) => metric.name === 'TaskDuration')!.value * 1_000;
}

// How long the page's main thread works while something is done.
async function busy_ms(page: Page, work: () => Promise<void>): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const read = async () => {
    return task_ms((await devtools.send('Performance.getMetrics')).metrics);
  };
  const before = await read();
  await work();
  const busy = await read() - before;
  await devtools.detach();
  return busy;
}

async function long_conversation(ada: Person, bob: Person): Promise<void> {
  await step(`U2: ${messages} messages arrive in the open conversation`, async () => {
    const conversation_id = /#\/c\/([0-9a-f-]{36})/.exec(ada.page.url())![1]!;
    await bob.page.evaluate(feed, { token: await token_of(bob.page), conversation_id, count: messages });
    await expect_soon('the newest is on the screen', async () => (await ada.texts()).at(-1)?.split(' ')[1], String(messages), 60_000);
    await expect_soon('all are loaded', () => ada.page.locator('.row').last().getAttribute('aria-setsize'), String(messages + 1), 60_000);
  });
  await step(`U2: a key press takes at most ${key_limit_ms} ms`, async () => {
    await ada.composer().focus();
    const { drawn, worked } = await key_times(ada.page);
    const median = drawn[Math.floor(keys / 2)]!;
    console.log(`    median ${median.toFixed(1)} ms, slowest ${drawn.at(-1)!.toFixed(1)} ms, most work ${worked.at(-1)!.toFixed(1)} ms, ${keys} keys`);
    assert.ok(median <= key_limit_ms * slowdown, `median ${median} ms`);
    assert.ok(worked.at(-1)! <= key_limit_ms * slowdown, `most work of a key ${worked.at(-1)!} ms`);
  });
  await step(`U2: there are at most ${elements_limit} elements`, async () => {
    const count = () => ada.page.evaluate(() => document.querySelectorAll('*').length);
    console.log(`    ${await count()} elements at the end`);
    for (const where of ['end', 'up', 'top', 'up', 'end'] as const) {
      await ada.scroll(where);
      assert.ok(await count() <= elements_limit, `${await count()} elements after scrolling ${where}`);
    }
  });
  await step(`U2: ten own messages take at most ${sends_limit_ms} ms of the page's time`, async () => {
    await ada.composer().fill('');
    const busy = await busy_ms(ada.page, async () => {
      for (let i = 1; i <= 10; i += 1) await ada.say(i < 10 ? `own ${i}` : 'the last word');
      await ada.expect_state('the last word', 'delivered');
    });
    console.log(`    ${busy.toFixed(0)} ms`);
    assert.ok(busy <= sends_limit_ms * slowdown, `${busy} ms`);
  });
}

// The row at the top of the screen and how far below the upper edge it is.
async function place(page: Page): Promise<{ key: string; below: number }> {
  return page.locator('.scroller').evaluate((scroller) => {
    const { top } = scroller.getBoundingClientRect();
    // The first row may lose the day above it when an older page comes: its neighbour is what must stand still.
    const row = [...scroller.querySelectorAll<HTMLElement>('.row')].filter((one) => one.getBoundingClientRect().bottom > top)
      .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))[2]!;
    return { key: row.dataset.key!, below: row.getBoundingClientRect().top - top };
  });
}

async function scrolling_up(ada: Person): Promise<void> {
  const asked: string[] = [];
  await step('U2: scrolling up asks for one page at a time', async () => {
    await ada.page.reload();
    await ada.bubble('the last word').waitFor();
    await expect_soon('a page is loaded', async () => Number(await ada.page.locator('.row').last().getAttribute('aria-setsize')), page_size);
    let on_their_way = 0;
    ada.page.on('request', (request) => {
      if (!request.url().includes('before_seq=')) return;
      on_their_way += 1;
      assert.equal(on_their_way, 1, 'two pages are asked for at once');
      asked.push(request.url());
    });
    ada.page.on('requestfinished', (request) => { if (request.url().includes('before_seq=')) on_their_way -= 1; });
    for (let i = 1; i <= pages_up; i += 1) {
      await ada.scroll('top');
      await expect_soon('one more page is loaded',
        async () => Number(await ada.page.locator('.row').last().getAttribute('aria-setsize')), page_size * (i + 1));
    }
    assert.equal(asked.length, pages_up);
    assert.equal(new Set(asked).size, pages_up);
  });
  await step('U2: the place is kept while an older page comes in', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    await ada.page.route('**/messages?before_seq=*', async (route) => { await held; await route.continue(); });
    await ada.scroll('top');
    const before = await place(ada.page);
    release();
    await expect_soon('the page is loaded',
      async () => Number(await ada.page.locator('.row').last().getAttribute('aria-setsize')), page_size * (pages_up + 2));
    await ada.page.unroute('**/messages?before_seq=*');
    const after = await ada.page.locator(`.row[data-key="${before.key}"]`).evaluate((row) =>
      row.getBoundingClientRect().top - row.closest('.scroller')!.getBoundingClientRect().top);
    assert.ok(Math.abs(after - before.below) <= 2, `it moved from ${before.below} to ${after}`);
    assert.equal(asked.length, pages_up + 1);
  });
}

export async function speed(browser: Browser, nova: NovaProcess): Promise<void> {
  const options = { viewport: { width: 1280, height: 800 } };
  const ada = await Person.open(browser, nova.origin, 'Quick Ada', 'quick_ada', options);
  const bob = await Person.open(browser, nova.origin, 'Quick Bob', 'quick_bob', options);
  await ada.register();
  await bob.register();
  await ada.find('quick_bob');
  await ada.say('Tell me everything');
  await long_conversation(ada, bob);
  await scrolling_up(ada);
  assert.deepEqual(ada.errors, []);
  await ada.page.context().close();
  await bob.page.context().close();
}
