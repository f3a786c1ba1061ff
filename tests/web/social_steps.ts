// Feed, posts, people and notifications as two people use them, on a desk and on a phone; axe-core in every view, light and dark. Run by
// web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, Locator, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const many_posts = 70;
// Of which only those near the screen exist as elements.
const most_elements = 40;

const post = (page: Page, text: string): Locator => page.locator('article', { hasText: text }).first();

// What has the focus stands in this element.
const has_focus = (page: Page, selector: string) => page.evaluate((one) => document.activeElement?.closest(one) !== null, selector);

// Nothing is wider than the window.
async function fits(page: Page, view: string): Promise<void> {
  const wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.column-scroll, .page-head, .rail')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className));
  assert.deepEqual(wide, [], `${view} is wider than the window`);
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'What is on your mind?' }).fill(text);
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  await post(page, text).waitFor();
}

async function menu(page: Page, of: Locator, button: string, entry: string | RegExp): Promise<void> {
  await of.getByRole('button', { name: button, exact: true }).first().click();
  await page.getByRole('menu').getByRole('menuitem', { name: entry }).click();
}

async function begin(ada: Person, grace: Person): Promise<void> {
  await step('feed: a new account is told what it is, and finds people while typing', async () => {
    await ada.part('Home');
    await ada.page.getByRole('link', { name: 'Find people to follow' }).waitFor();
    await check(ada.page, 'home, empty');
    await ada.page.getByRole('link', { name: 'Find people to follow' }).click();
    await ada.page.getByRole('searchbox', { name: 'Search' }).pressSequentially('@grace_s');
    await ada.page.getByRole('button', { name: 'Follow Grace Social' }).click();
    await ada.page.getByRole('button', { name: 'Following Grace Social' }).waitFor();
    await check(ada.page, 'search of people');
    await picture(ada.page, '30-search-desktop');
  });
  await step('people whom a follow follows are suggested until one types', async () => {
    const { origin } = new URL(grace.page.url());
    const joined = await grace.page.request.post(`${origin}/v1/auth/register`, {
      data: { email: 'hugo_s@example.org', handle: 'hugo_s', password: 'correct horse battery', display_name: 'Hugo Social' },
    });
    assert.equal(joined.status(), 201);
    await grace.page.evaluate(() => { location.hash = '#/@hugo_s'; });
    await grace.page.getByRole('button', { name: 'Follow Hugo Social' }).click();
    await grace.page.getByRole('button', { name: 'Following Hugo Social' }).waitFor();
    // The page asks once when it opens, and the follow is told a moment after the button.
    await expect_soon('the suggestion', async () => {
      await ada.part('Home');
      await ada.page.evaluate(() => { location.hash = '#/search'; });
      return ada.page.getByText('followed by @grace_s').waitFor({ timeout: 1000 }).then(() => 'shown', () => 'not yet');
    }, 'shown', 15_000);
    await check(ada.page, 'suggested people');
    await ada.page.getByRole('searchbox', { name: 'Search' }).pressSequentially('@ada_s');
    await expect_soon('suggestions', () => ada.page.getByText('followed by @grace_s').count(), 0);
  });
  await step('notifications: a new follower shows as a badge by push, and is read by looking', async () => {
    const bell = grace.page.locator('.rail').getByRole('link', { name: /^Notifications/ });
    await expect_soon('the badge', () => bell.locator('.badge').textContent({ timeout: 100 }).catch(() => ''), '1');
    await bell.click();
    await grace.page.getByRole('link', { name: 'follows you' }).waitFor();
    await expect_soon('badges', () => bell.locator('.badge').count(), 0);
    await check(grace.page, 'notifications on a phone');
    await fits(grace.page, 'notifications');
    await picture(grace.page, '31-notifications-phone');
  });
}

async function posts(ada: Person, grace: Person): Promise<void> {
  await step('posts: the other sees a button for new posts, and them at a press; a text keeps its direction', async () => {
    await grace.part('Home');
    await write(grace.page, 'مرحبا بالجميع (تجربة) 123! #engines');
    const direction = await post(grace.page, 'مرحبا').locator('.post-text').evaluate((text) => getComputedStyle(text).direction);
    assert.equal(direction, 'rtl');
    await ada.part('Home');
    await post(ada.page, 'مرحبا').waitFor();
    await write(grace.page, 'Nanoseconds, handed out as wires.');
    await ada.page.getByRole('button', { name: '1 new post' }).click();
    await post(ada.page, 'Nanoseconds').waitFor();
    await ada.page.getByRole('button', { name: /new post/ }).filter({ hasText: '1' }).waitFor({ state: 'detached' });
    await check(ada.page, 'home');
    await check(grace.page, 'home on a phone');
    await fits(grace.page, 'home');
    await picture(ada.page, '32-home-desktop');
    await picture(grace.page, '33-home-phone');
  });
  await step('posts: like, react, share, bookmark; what one does shows to the other', async () => {
    const wires = post(ada.page, 'Nanoseconds');
    await wires.getByRole('button', { name: 'Like' }).click();
    await wires.getByRole('button', { name: 'Like, 1' }).waitFor();
    await wires.getByRole('button', { name: 'React', exact: true }).click();
    await check(ada.page, 'emoji');
    await ada.page.getByRole('menuitemcheckbox', { name: 'React with 🎉' }).click();
    await wires.getByRole('button', { name: '🎉, 1' }).waitFor();
    await wires.getByRole('button', { name: 'Like', exact: true }).waitFor();
    await wires.getByRole('button', { name: 'Bookmark' }).click();
    await menu(ada.page, wires, 'Share', 'Share with your followers');
    await wires.getByRole('button', { name: 'Share, 1' }).waitFor();
    await menu(ada.page, wires, 'More', 'Why is this here?');
    await ada.page.getByRole('dialog').getByText('You follow its author').waitFor();
    await check(ada.page, 'why a post is here');
    await picture(ada.page, '34-why-desktop');
    await ada.page.keyboard.press('Escape');
    await ada.part('Bookmarks');
    await post(ada.page, 'Nanoseconds').waitFor();
    await check(ada.page, 'bookmarks');
  });
  await step('posts: a warning, a poll and a quote, written and read', async () => {
    await ada.part('Home');
    const { page } = ada;
    await page.getByRole('textbox', { name: 'What is on your mind?' }).fill('He did it.');
    await page.getByRole('button', { name: 'Content warning' }).click();
    await page.getByLabel('Warning', { exact: true }).fill('Plot of the novel');
    await page.getByRole('button', { name: 'Poll', exact: true }).click();
    await page.getByLabel('Option 1').fill('The butler');
    await page.getByRole('button', { name: 'Schedule' }).click();
    await check(page, 'a post with everything');
    await picture(page, '35-compose-desktop');
    await page.getByRole('button', { name: 'Schedule' }).first().click();
    await page.getByRole('button', { name: 'Post', exact: true }).click();
    await page.getByText('A poll needs at least two options.').waitFor();
    await page.getByLabel('Option 2').fill('The gardener');
    await page.reload();
    await expect_soon('the text after a reload', () => page.getByRole('textbox', { name: 'What is on your mind?' }).inputValue(), 'He did it.');
    await page.getByRole('button', { name: 'Post', exact: true }).click();
    await post(page, 'Plot of the novel').waitFor();
    await post(page, 'Plot of the novel').getByRole('button', { name: 'Show more' }).click();
    await post(page, 'The gardener').waitFor();
    await check(page, 'a warning and a poll');
  });
}

async function thread(ada: Person, grace: Person): Promise<void> {
  await step('thread: comments, answers and their levels; an edit with its earlier versions', async () => {
    const { page } = ada;
    await post(page, 'Nanoseconds').getByRole('button', { name: /^Comment/ }).click();
    await expect_soon('the focus', () => has_focus(page, '.comment-first'), true);
    await page.getByRole('textbox', { name: 'Write a comment' }).fill('How long is one?');
    await page.getByRole('button', { name: 'Send' }).click();
    await post(page, 'How long is one?').waitFor();
    await grace.part('Notifications');
    await grace.page.getByRole('link', { name: 'commented' }).click();
    await post(grace.page, 'How long is one?').getByRole('button', { name: 'Answer' }).click();
    await grace.page.getByRole('textbox', { name: 'Answer Ada Social' }).fill('Eleven point eight inches.');
    await grace.page.keyboard.press('Control+Enter');
    await post(grace.page, 'Eleven point').waitFor();
    await check(grace.page, 'thread on a phone');
    await fits(grace.page, 'thread');
    await picture(grace.page, '36-thread-phone');
    await menu(grace.page, post(grace.page, 'Nanoseconds'), 'More', 'Edit');
    await grace.page.getByLabel('Text', { exact: true }).fill('Nanoseconds, handed out as wires of 30 cm.');
    await check(grace.page, 'edit a post');
    await grace.page.getByRole('button', { name: 'Save' }).click();
    await menu(grace.page, post(grace.page, 'wires of 30 cm'), 'More', 'Earlier versions');
    await grace.page.getByRole('dialog').getByText('Nanoseconds, handed out as wires.').waitFor();
    await grace.page.keyboard.press('Escape');
    await page.reload();
    await post(page, 'wires of 30 cm').waitFor();
    await page.getByRole('button', { name: 'Show 1 answer' }).click();
    await post(page, 'Eleven point').waitFor();
    await check(page, 'thread');
    await picture(page, '37-thread-desktop');
  });
  await step('posts: a deleted one can be taken back', async () => {
    await grace.page.getByRole('button', { name: 'Back', exact: true }).click();
    await grace.part('Home');
    await menu(grace.page, post(grace.page, 'مرحبا'), 'More', 'Delete');
    await post(grace.page, 'مرحبا').waitFor({ state: 'detached' });
    await grace.page.getByRole('button', { name: 'Undo' }).click();
    await post(grace.page, 'مرحبا').waitFor();
  });
}

async function people(ada: Person, grace: Person): Promise<void> {
  await step('profile: pinned posts, followers, the way to a chat', async () => {
    await grace.more('Profile');
    await menu(grace.page, post(grace.page, 'wires of 30 cm'), 'More', 'Pin to your profile');
    await grace.page.getByText('Pinned', { exact: true }).first().waitFor();
    await check(grace.page, 'own profile on a phone');
    await fits(grace.page, 'own profile');
    await picture(grace.page, '38-profile-phone');
    await ada.page.goto(`${new URL(ada.page.url()).origin}/#/@grace_s`);
    await ada.page.getByText('Follows you').or(ada.page.locator('.profile-handle', { hasText: '@grace_s' })).first().waitFor();
    await post(ada.page, 'wires of 30 cm').waitFor();
    await check(ada.page, 'profile');
    await picture(ada.page, '39-profile-desktop');
    await ada.page.getByRole('navigation', { name: 'Profile' }).getByRole('link', { name: 'Followers' }).click();
    await ada.page.getByRole('link', { name: /Ada Social/ }).last().waitFor();
    await check(ada.page, 'followers');
    await ada.page.getByRole('button', { name: 'Message Grace Social' }).click();
    await ada.composer().waitFor();
    await ada.page.goBack();
    await ada.page.getByRole('heading', { name: 'Grace Social' }).first().waitFor();
  });
  await step('a hashtag is a page that can be followed', async () => {
    await ada.part('Home');
    await post(ada.page, 'مرحبا').getByRole('link', { name: '#engines' }).click();
    await post(ada.page, 'مرحبا').waitFor();
    await ada.page.getByRole('button', { name: 'Follow #engines' }).click();
    await ada.page.getByRole('button', { name: 'Following #engines' }).waitFor();
    await check(ada.page, 'hashtag');
  });
  await step('a private account is asked, and answers', async () => {
    await grace.page.evaluate(() => { location.hash = '#/settings/privacy'; });
    await grace.page.getByRole('checkbox', { name: /Private account/ }).check();
    await check(grace.page, 'settings, privacy');
    await fits(grace.page, 'settings, privacy');
    await ada.page.evaluate(() => { location.hash = '#/@grace_s'; });
    await menu(ada.page, ada.page.locator('.profile-buttons'), 'More', /Unfollow/);
    await ada.page.reload();
    await ada.page.getByRole('button', { name: /^Follow( back)? Grace Social/ }).click();
    await ada.page.getByRole('button', { name: 'Requested Grace Social' }).waitFor();
    await grace.part('Notifications');
    await grace.page.getByRole('link', { name: 'Requests to follow you' }).click();
    await check(grace.page, 'requests');
    await grace.page.getByRole('button', { name: 'Accept Ada Social' }).click();
    await grace.page.getByText('Nobody is waiting for an answer.').waitFor();
  });
}

async function keys(ada: Person): Promise<void> {
  const { page } = ada;
  await step('keys: the way to the content, from post to post, and back to where one was', async () => {
    await page.keyboard.press('1');
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await expect_soon('the focus', () => has_focus(page, '.page-title'), true);
    await post(page, 'Plot of the novel').waitFor();
    await page.keyboard.press('j');
    await expect_soon('a post has the focus', () => has_focus(page, 'article'), true);
    await page.keyboard.press('j');
    const second = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Post', exact: true }).waitFor();
    await page.goBack();
    await expect_soon('the post that was left has the focus', () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.key), second);
    await page.keyboard.press('n');
    await expect_soon('the focus', () => has_focus(page, '.compose'), true);
    await page.reload();
    await page.locator('.rail').waitFor();
    const first = page.locator('button, a, input').first();
    assert.equal(await first.textContent(), 'Skip to the content');
    await first.focus();
    await page.keyboard.press('Enter');
    await expect_soon('the focus', () => has_focus(page, '.stage'), true);
  });
  await step('an address that the page does not know is said to be unknown', async () => {
    await page.evaluate(() => { location.hash = '#/nowhere/at/all'; });
    await page.getByText('Nova has nothing at this address.').waitFor();
    await page.getByRole('button', { name: 'To the feed' }).click();
    await post(page, 'Plot of the novel').waitFor();
  });
}

// Posts of the person whose page it is, as an own client would write them.
async function write_many(page: Page, count: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('nova.account.'))!;
    const { access_token } = JSON.parse(localStorage.getItem(key)!) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
    for (let i = 0; i < wanted; i += 1) {
      const text = `Entry ${i + 1}. ${'It goes on. '.repeat((i * 7) % 40)}`;
      const answer = await fetch('/v1/posts', { method: 'POST', headers, body: JSON.stringify({ text }) });
      if (!answer.ok) throw new Error(await answer.text());
    }
  }, count);
}

async function long_lists(grace: Person): Promise<void> {
  const { page } = grace;
  const scroller = page.locator('.column-scroll');
  await step(`a long list: ${many_posts} posts, each once, few elements at a time; the way back leads to the same place`, async () => {
    await write_many(page, many_posts);
    await grace.more('Profile');
    await page.reload();
    await page.getByText(`Entry ${many_posts}.`).first().waitFor();
    const seen = new Set<string>();
    let most = 0;
    for (;;) {
      const shown = await page.locator('article').evaluateAll((all) => all.map((one) => (one as HTMLElement).innerText.match(/Entry \d+/)?.[0] ?? ''));
      most = Math.max(most, shown.length);
      assert.equal(new Set(shown.filter(Boolean)).size, shown.filter(Boolean).length, 'a post is there twice');
      for (const one of shown) seen.add(one);
      if (seen.has('Entry 1')) break;
      await scroller.evaluate(async (box) => {
        box.scrollBy(0, box.clientHeight * 0.8);
        for (let i = 0; i < 3; i += 1) await new Promise((drawn) => { requestAnimationFrame(drawn); });
      });
    }
    seen.delete('');
    assert.equal(seen.size, many_posts);
    assert.ok(most < most_elements, `${most} posts are elements`);
    const link = page.locator('article').filter({ hasText: /Entry \d+\./ }).last().getByRole('link', { name: /^(now|\d+ min)/ });
    await link.scrollIntoViewIfNeeded();
    const before = await scroller.evaluate((box) => box.scrollTop);
    await link.click();
    await page.getByRole('heading', { name: 'Post', exact: true }).waitFor();
    await page.goBack();
    await expect_soon('the place', () => scroller.evaluate((box) => box.scrollTop), (now) => Math.abs(now - before) < 4);
  });
  await step('right to left: the whole page turned round still fits a phone', async () => {
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    for (const name of ['Home', 'Notifications', 'Search']) {
      await grace.part(name);
      await page.getByRole('heading', { name }).waitFor();
      await fits(page, `${name} from right to left`);
      await picture(page, `41-rtl-${name.toLowerCase()}-phone`);
    }
    await page.evaluate(() => { document.documentElement.dir = ''; });
  });
}

async function settings(ada: Person): Promise<void> {
  const { page } = ada;
  await step('settings: what the feed shows, words, who is told of what; drafts and what waits for its time', async () => {
    await page.evaluate(() => { location.hash = '#/settings/feed'; });
    await page.getByRole('radio', { name: /Ranked for you/ }).check();
    await page.getByRole('slider', { name: /Conversation/ }).waitFor();
    await page.getByLabel('Word to mute').fill('butler');
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByRole('button', { name: 'Remove butler' }).waitFor();
    await check(page, 'settings, feed');
    await picture(page, '40-settings-feed-desktop');
    await page.getByRole('radio', { name: /Newest first/ }).check();
    await page.getByRole('link', { name: 'Notifications', exact: true }).last().click();
    await page.getByRole('checkbox', { name: /Shares/ }).uncheck();
    await check(page, 'settings, notifications');
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await check(page, 'settings, keys');
    await ada.part('Home');
    await page.getByRole('textbox', { name: 'What is on your mind?' }).fill('For later');
    await page.getByRole('button', { name: 'Save draft' }).click();
    await ada.more('Drafts and scheduled');
    await page.getByText('For later').waitFor();
    await check(page, 'drafts');
    await page.getByRole('button', { name: 'Go on writing' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'What is on your mind?' }).waitFor();
    await check(page, 'a draft taken up');
    await page.keyboard.press('Escape');
  });
  await step('a copy of the data is asked for, made, and fetched', async () => {
    await page.evaluate(() => { location.hash = '#/settings/account'; });
    await page.getByRole('button', { name: 'Ask for a copy' }).click();
    const link = page.getByRole('link', { name: 'Download' });
    await link.waitFor();
    await check(page, 'settings, a copy of the data');
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.equal(file.suggestedFilename(), 'nova-export.zip');
    assert.equal(await file.failure(), null);
  });
  await step('the account is deleted with its password, and taken back in time', async () => {
    await page.evaluate(() => { location.hash = '#/settings/account'; });
    await page.getByRole('button', { name: 'Delete the account…' }).click();
    await check(page, 'delete the account');
    await page.getByRole('dialog').getByLabel('Your password').fill('not my password');
    await ada.answer('Delete the account');
    await page.getByText('This is not your password.').waitFor();
    await page.getByRole('dialog').getByLabel('Your password').fill('correct horse battery');
    await ada.answer('Delete the account');
    await page.getByText('@ada_s is deleted.').waitFor();
    await check(page, 'a deleted account');
    await page.getByRole('button', { name: /Take it back/ }).click();
    await page.getByText('@ada_s is back.').waitFor();
    await ada.log_in(ada.handle);
    await page.locator('article').first().waitFor();
  });
}

export async function social(browser: Browser, nova: NovaProcess): Promise<void> {
  const ada = await Person.open(browser, nova.origin, 'Ada Social', 'ada_s', { viewport: { width: 1280, height: 860 } });
  const grace = await Person.open(browser, nova.origin, 'Grace Social', 'grace_s', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  try {
    await ada.register();
    await grace.register();
    await begin(ada, grace);
    await posts(ada, grace);
    await thread(ada, grace);
    await people(ada, grace);
    await keys(ada);
    await long_lists(grace);
    await settings(ada);
    assert.deepEqual([...ada.errors, ...grace.errors], [], 'errors of the page');
  } catch (error) {
    await picture(ada.page, 'failed-social-ada').catch(() => {});
    await picture(grace.page, 'failed-social-grace').catch(() => {});
    throw error;
  }
  await ada.page.context().close();
  await grace.page.context().close();
}
