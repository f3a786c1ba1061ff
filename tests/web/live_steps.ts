// A live stream from its making to its end, as its owner and a viewer use it: an encoder (ffmpeg) that puts HLS, hls.js in the page, the
// chat and its moderation; on a desk and on a phone; axe-core, light and dark. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import type { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';
import { two_people } from './two_people.ts';

// Sends a moving picture with sound to the address until it is ended.
function encode(address: string): () => Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=15', '-f', 'lavfi', '-i', 'sine=f=300', '-pix_fmt', 'yuv420p',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-c:a', 'aac', '-f', 'hls', '-hls_time', '1', '-hls_list_size', '6',
    '-method', 'PUT', '-http_persistent', '1', address], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  return () => {
    child.kill('SIGKILL');
    return ended;
  };
}

const moves = (page: Page) => expect_soon('the picture moves', () => page.locator('.player video')
  .evaluate((video: HTMLVideoElement) => video.currentTime > 0.5 && video.videoWidth === 320), true);

async function fits(page: Page, view: string): Promise<void> {
  const wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.stream-main, .stream-chat, .page-head')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className));
  assert.deepEqual(wide, [], `${view} is wider than the window`);
}

async function make(ada: Person): Promise<string> {
  const { page } = ada;
  let address = '';
  await step('live: a stream is made, and its key is shown once', async () => {
    await ada.part('Live');
    await page.getByText('Nobody is live at the moment.').waitFor();
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByRole('button', { name: 'Make the stream' }).click();
    await page.getByText('Please give it a title.').waitFor();
    await page.getByLabel('Title').fill('Tea at four, live');
    await check(page, 'go live');
    await page.getByRole('button', { name: 'Make the stream' }).click();
    await page.getByText('Nothing arrives yet.').waitFor();
    await page.getByText('An encoder that puts HLS').click();
    address = await page.getByLabel('Address, with the key', { exact: true }).inputValue();
    assert.ok(address.endsWith('/index.m3u8'));
    await page.getByRole('button', { name: 'Show: Key', exact: true }).click();
    assert.ok((await page.getByLabel('Key', { exact: true }).inputValue()).length > 20);
    await page.getByRole('heading', { name: 'Chat', exact: true }).waitFor();
    await picture(page, '90-go-live-desktop');
  });
  return address;
}

async function watch(ada: Person, grace: Person): Promise<void> {
  await step('live: the owner sees what arrives', async () => {
    await ada.page.getByText('You are live.').waitFor();
    await ada.page.getByText('320 × 180').waitFor();
  });
  await step('live: the other finds it in the list and sees the picture move, on a phone', async () => {
    await grace.more('Live');
    await grace.page.getByRole('link', { name: /Tea at four, live/ }).waitFor();
    await check(grace.page, 'live streams');
    await picture(grace.page, '91-live-list-phone');
    await grace.page.getByRole('link', { name: /Tea at four, live/ }).click();
    await moves(grace.page);
    await fits(grace.page, 'a stream');
    await check(grace.page, 'a live stream on a phone');
    await grace.page.getByRole('button', { name: 'Turn the sound on' }).click();
    await expect_soon('the sound', () => grace.page.locator('.player video').evaluate((video: HTMLVideoElement) => video.muted), false);
    await expect_soon('viewers', () => ada.page.locator('.stream-facts').textContent(), (text) => /^[12] viewers?/.test(text ?? ''));
  });
}

async function chat(ada: Person, grace: Person): Promise<void> {
  await step('live: the chat goes both ways; the owner pins, slows down, deletes and silences', async () => {
    await grace.say('What kind of tea?');
    await ada.bubble('What kind of tea?').waitFor();
    await ada.say('Welcome, all of you');
    await grace.bubble('Welcome').waitFor();
    await ada.menu('Welcome', 'Pin');
    await grace.page.locator('.pinned', { hasText: 'Welcome, all of you' }).waitFor();
    await ada.page.getByLabel('Slow mode').selectOption({ label: 'Every 5 s' });
    await grace.page.getByText('One message every 5 s').waitFor();
    await grace.page.getByRole('button', { name: 'Turn the sound on' }).waitFor({ state: 'detached' });
    await picture(grace.page, '92-stream-phone');
    await picture(ada.page, '93-stream-owner-desktop');
    await check(ada.page, 'a live stream of one\'s own');
    await ada.menu('What kind', 'Delete');
    await grace.page.getByText('This message was taken back').or(grace.page.getByText('You took this message back')).waitFor();
    await ada.page.getByLabel('Slow mode').selectOption({ label: 'Slow mode off' });
    await ada.menu('Welcome', 'Unpin');
    await grace.page.locator('.pinned').waitFor({ state: 'detached' });
    await grace.say('Green?');
    await ada.bubble('Green?').waitFor();
    await ada.menu('Green?', 'Silence for 10 minutes');
    await ada.page.getByText('Grace Live is silenced.').waitFor();
    await grace.say('Black?');
    await grace.page.getByText('Not sent.').waitFor();
  });
}

async function end(ada: Person, grace: Person): Promise<void> {
  await step('live: the owner ends it, the viewer is told; the chat does not stay among the viewer\'s', async () => {
    await ada.page.getByRole('button', { name: 'End the stream' }).click();
    await ada.answer('End it');
    await grace.page.getByText('The stream is over.', { exact: false }).waitFor();
    await grace.page.getByRole('button', { name: 'Back', exact: true }).click();
    await grace.part('Chats');
    await grace.page.getByText('No conversations yet.').waitFor();
  });
}

export async function live(browser: Browser, nova: NovaProcess): Promise<void> {
  await two_people(browser, nova, 'Live', async (ada, grace) => {
    const stop = encode(await make(ada));
    try {
      await watch(ada, grace);
      await chat(ada, grace);
      await end(ada, grace);
    } finally {
      await stop();
    }
  });
}
