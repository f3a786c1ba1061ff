// Pictures, films, sounds and files in chat, posts, comments and the profile: sent, cut off and sent again, described, shown, looked at.
// axe-core in every view, light and dark. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import { CuttingProxy } from './cutting_proxy.ts';
import type { NovaProcess } from './nova_process.ts';
import type { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';
import { two_people } from './two_people.ts';

interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

interface Files {
  photo: TestFile;
  tall: TestFile;
  // Larger than what is sent in one request.
  film: TestFile;
  tone: TestFile;
  paper: TestFile;
}

// Made by ffmpeg, so that nothing binary lies in the tree.
function make_files(): Files {
  const folder = mkdtempSync(join(tmpdir(), 'nova-media-'));
  const make = (name: string, mimeType: string, ...args: string[]): TestFile => {
    execFileSync('ffmpeg', ['-v', 'error', ...args, join(folder, name)]);
    return { name, mimeType, buffer: readFileSync(join(folder, name)) };
  };
  const source = (text: string) => ['-f', 'lavfi', '-i', text];
  try {
    return {
      photo: make('engine.jpg', 'image/jpeg', ...source('gradients=s=720x480:c0=orange:c1=navy:n=2'), '-frames:v', '1'),
      tall: make('tower.png', 'image/png', ...source('mandelbrot=s=300x500'), '-frames:v', '1'),
      film: make('film.mp4', 'video/mp4', ...source('testsrc2=s=640x360:r=15:d=2'), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '8M',
        '-minrate', '8M', '-bufsize', '8M', '-x264-params', 'nal-hrd=cbr'),
      tone: make('tone.ogg', 'audio/ogg', ...source('sine=f=300:d=3'), '-af', 'volume=sin(t*3)*sin(t*3):eval=frame', '-c:a', 'libopus'),
      paper: { name: 'notes on engines.txt', mimeType: 'text/plain', buffer: Buffer.from('The engine weaves patterns.\n') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tray = (page: Page, name: string): Locator => page.locator('.tray-line', { hasText: name });
const is_ready = (page: Page, name: string) => tray(page, name).filter({ hasText: 'Ready' }).waitFor();
const choose = (within: Locator, files: TestFile[]) => within.locator('input[type="file"]').first().setInputFiles(files);

// As a hand that drops or pastes it. In no place does the browser do with it what it would do by itself.
async function hand_over(target: Locator, file: TestFile, how: 'drop' | 'paste'): Promise<void> {
  const left = await target.evaluate((element, { name, type, bytes, by }) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    return element.dispatchEvent(by === 'drop' ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, { name: file.name, type: file.mimeType, bytes: [...file.buffer], by: how });
  assert.equal(left, false, `${how} is left to the browser`);
}

// The picture itself is on the screen, not its alternative.
async function is_drawn(image: Locator): Promise<void> {
  await image.scrollIntoViewIfNeeded();
  await expect_soon('the picture', () => image.evaluate((one: HTMLImageElement) => one.complete && one.naturalWidth > 0), true);
}

async function fits(page: Page, view: string): Promise<void> {
  const wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.column-scroll, .scroller, .page-head, dialog')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className));
  assert.deepEqual(wide, [], `${view} is wider than the window`);
}

async function chat(ada: Person, grace: Person, files: Files): Promise<void> {
  const { page } = ada;
  await step('media: files are chosen, dropped and pasted, described and sent as one message', async () => {
    await ada.find('grace_media');
    const composer = page.locator('.composer');
    await choose(composer, [files.photo, files.paper]);
    await hand_over(page.locator('.chat-pane'), files.tone, 'drop');
    await hand_over(ada.composer(), files.tall, 'paste');
    await hand_over(page.locator('.rail'), files.tall, 'drop');
    for (const { name } of [files.photo, files.paper, files.tone, files.tall]) await is_ready(page, name);
    await tray(page, files.photo.name).getByRole('button', { name: 'Describe' }).click();
    await page.getByLabel('Description').fill('The engine at dawn');
    await check(page, 'files before they are sent, and the description of one');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await tray(page, files.photo.name).locator('.given').waitFor();
    await page.getByRole('button', { name: `Remove ${files.paper.name}` }).click();
    await picture(page, '60-tray-desktop');
    await page.reload();
    await is_ready(page, files.tall.name);
    await ada.say('Look at these');
    await ada.bubble('Look at these').locator('.media-grid').waitFor();
    assert.equal(await page.locator('.tray-line').count(), 0);
  });
  await step('media: the other sees pictures, waveform and text, on a phone', async () => {
    await grace.row('Ada Media').click();
    const bubble = grace.bubble('Look at these');
    for (const image of await bubble.locator('.media-grid img').all()) await is_drawn(image);
    await bubble.getByRole('button', { name: 'Picture: The engine at dawn. Open' }).waitFor();
    await expect_soon('bars', () => bubble.locator('.wave rect').evaluateAll((all) => new Set(all.map((bar) => bar.getAttribute('height'))).size > 5), true);
    await bubble.getByRole('button', { name: 'Play tone' }).click();
    await bubble.getByRole('button', { name: 'Pause tone' }).waitFor();
    await expect_soon('the sound goes on', () => bubble.locator('audio').evaluate((one: HTMLAudioElement) => one.currentTime > 0.1), true);
    await check(grace.page, 'media in a chat on a phone');
    await fits(grace.page, 'chat');
    await picture(grace.page, '61-chat-media-phone');
    await picture(page, '62-chat-media-desktop');
  });
  await step('media: the viewer goes by the arrow keys and ends by Esc, where it began', async () => {
    const first = ada.bubble('Look at these').getByRole('button', { name: /engine at dawn/ });
    await first.click();
    const viewer = page.getByRole('dialog');
    await viewer.getByText('The engine at dawn').waitFor();
    await is_drawn(viewer.locator('img'));
    await check(page, 'viewer');
    await picture(page, '63-viewer-desktop');
    await page.keyboard.press('ArrowRight');
    await viewer.getByText('2 of 2').waitFor({ state: 'attached' });
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await page.keyboard.press('ArrowRight');
    await viewer.getByText('1 of 2').waitFor({ state: 'attached' });
    await page.evaluate(() => { document.documentElement.dir = 'ltr'; });
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    assert.ok(await first.evaluate((button) => button === document.activeElement));
  });
}

async function interrupted(ada: Person, proxy: CuttingProxy, files: Files): Promise<void> {
  const { page } = ada;
  const composer = page.locator('.composer');
  await step('media: an upload whose connection breaks goes on by itself where it was', async () => {
    const offsets: number[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH' && request.url().includes('/v1/uploads/')) offsets.push(Number(request.headers()['upload-offset']));
    });
    proxy.cut_next(700_000);
    await choose(composer, [files.film]);
    await is_ready(page, files.film.name);
    assert.equal(offsets[0], 0);
    assert.ok(offsets.at(-1)! > 0, `it began anew: ${offsets.join(', ')}`);
    await ada.composer().press('Enter');
    await expect_soon('the film', () => page.getByRole('button', { name: /^Film/ }).count(), 1);
  });
  await step('media: a refused upload says so and is tried again; a cancelled one the server forgets', async () => {
    const deleted = page.waitForRequest((request) => request.method() === 'DELETE' && request.url().includes('/v1/uploads/'));
    let refuse = true;
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    await page.route('**/v1/uploads/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      if (refuse) return route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"code":"forbidden","title":"No"}' });
      await held;
      return route.continue().catch(() => {});
    });
    await choose(composer, [{ ...files.film, name: 'other.mp4' }]);
    const other = tray(page, 'other.mp4');
    await other.getByText('You are not allowed to do that.').waitFor();
    await check(page, 'an upload that failed');
    await picture(page, '64-upload-failed-desktop');
    refuse = false;
    const again = page.waitForRequest((request) => request.method() === 'PATCH');
    await other.getByRole('button', { name: 'Try again' }).click();
    await again;
    await page.getByRole('button', { name: 'Cancel other.mp4' }).click();
    release();
    await deleted;
    assert.equal(await page.locator('.tray-line').count(), 0);
    await page.unroute('**/v1/uploads/*');
  });
  await step('media: a film plays in the viewer', async () => {
    await page.getByRole('button', { name: /^Film/ }).click();
    const film = page.getByRole('dialog').locator('video');
    await film.evaluate((one: HTMLVideoElement) => { one.muted = true; return one.play(); });
    await expect_soon('the film moves', () => film.evaluate((one: HTMLVideoElement) => one.currentTime > 0.1 && one.videoWidth === 640), true);
    await page.keyboard.press('Escape');
  });
}

async function voice(ada: Person): Promise<void> {
  const { page } = ada;
  await step('media: a voice message is recorded, attached and sent', async () => {
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await expect_soon('the clock', () => page.locator('.recorder-time').textContent(), '0:01');
    await check(page, 'a recording');
    await page.getByRole('button', { name: 'Done' }).click();
    await is_ready(page, 'Voice message');
    await ada.composer().press('Enter');
    await page.getByRole('button', { name: 'Play Voice message' }).waitFor();
  });
}

async function posts(ada: Person, grace: Person, files: Files): Promise<void> {
  const { page } = ada;
  await step('media: a post without words has four pictures and a file, behind the last one a fifth', async () => {
    await ada.part('Home');
    await hand_over(page.locator('.compose'), files.photo, 'drop');
    await choose(page.locator('.compose'), ['a.png', 'b.png', 'c.png', 'd.png'].map((name) => ({ ...files.tall, name })).concat(files.paper));
    await expect_soon('files', () => page.locator('.tray-line.done').count(), 6);
    await picture(page, '65-compose-media-desktop');
    await page.getByRole('button', { name: 'Post', exact: true }).click();
    const post = page.locator('article').first();
    await post.getByRole('button', { name: /with 1 more$/ }).waitFor();
    for (const image of await post.locator('.media-grid img').all()) await is_drawn(image);
    await post.getByRole('link', { name: files.paper.name }).waitFor();
    await check(page, 'a post with pictures');
    await picture(page, '66-post-media-desktop');
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await fits(page, 'home from right to left');
    await picture(page, '67-post-media-rtl');
    await page.evaluate(() => { document.documentElement.dir = 'ltr'; });
  });
  await step('media: a comment has a picture, and the profile a list of posts with media', async () => {
    await grace.page.evaluate(() => { location.hash = '#/@ada_media/media'; });
    const post = grace.page.locator('article').first();
    await post.locator('.media-grid').waitFor();
    await fits(grace.page, 'media of a person');
    await picture(grace.page, '68-profile-media-phone');
    await post.locator('.post-when a').click();
    const form = grace.page.locator('.comment-form').first();
    await choose(form, [files.photo]);
    await is_ready(grace.page, files.photo.name);
    await form.getByRole('button', { name: 'Send' }).click();
    await is_drawn(grace.page.locator('.comment .media-grid img'));
  });
}

async function profile(ada: Person, grace: Person, files: Files): Promise<void> {
  const { page } = ada;
  await step('media: a profile gets its picture and cover, and its picture is taken away', async () => {
    await ada.part('Settings');
    const avatar = page.getByRole('group', { name: 'Profile picture' });
    await choose(avatar, [files.tall]);
    await page.getByText('Your profile picture is changed.').waitFor();
    await choose(page.getByRole('group', { name: 'Cover' }), [files.photo]);
    await page.getByText('Your cover is changed.').waitFor();
    await is_drawn(avatar.locator('img.avatar'));
    await is_drawn(page.locator('.rail-me img'));
    await grace.part('Chats');
    await is_drawn(grace.row('Ada Media').locator('img.avatar'));
    await check(page, 'settings with pictures');
    await picture(page, '69-settings-pictures-desktop');
    await page.evaluate(() => { location.hash = '#/@ada_media'; });
    await is_drawn(page.locator('.profile-cover img'));
    await picture(page, '70-profile-pictures-desktop');
    await ada.part('Settings');
    await avatar.getByRole('button', { name: 'Take away the profile picture' }).click();
    await page.getByText('Your profile picture is taken away.').waitFor();
    await expect_soon('pictures', () => page.locator('.rail-me img').count(), 0);
  });
}

export async function media(browser: Browser, nova: NovaProcess): Promise<void> {
  const files = make_files();
  const proxy = await CuttingProxy.before(nova.origin);
  try {
    await two_people(browser, proxy, 'Media', async (ada, grace) => {
      await chat(ada, grace, files);
      await interrupted(ada, proxy, files);
      await voice(ada);
      await posts(ada, grace, files);
      await profile(ada, grace, files);
    }, { permissions: ['microphone'] });
  } finally {
    proxy.close();
  }
}
