// Search as a person uses it: people, posts and messages while one types, marks, filters, a jump to a message, keys; on a desk and on a
// phone; axe-core, light and dark. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import type { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';
import { two_people } from './two_people.ts';

const searchbox = (page: Page) => page.getByRole('searchbox', { name: 'Search', exact: true });
const hits = (page: Page) => page.locator('article.vrow');

// The index follows within seconds: the question is asked anew until then.
async function find(page: Page, words: string, count: number): Promise<void> {
  await expect_soon(`hits of ${words}`, async () => {
    await searchbox(page).fill('');
    await page.getByText('words that begin so').waitFor();  // the last answer is gone
    await searchbox(page).fill(words);
    await page.getByRole('status').filter({ hasText: / found$/ }).waitFor({ state: 'attached', timeout: 3_000 });
    return hits(page).count();
  }, count);
}

async function everything(ada: Person, grace: Person): Promise<void> {
  const { page } = ada;
  await step('search: people, posts and messages are found together, and the words are marked', async () => {
    await ada.find('grace_finder');
    await ada.say('The quince jam is on the upper shelf');
    for (let i = 0; i < 12; i += 1) await ada.say(`Line ${i} of many`);
    await ada.expect_state('Line 11 of many', 'delivered');
    await grace.part('Home');
    await grace.page.getByRole('textbox', { name: 'What is on your mind?' }).fill('Quince: a fruit that wants patience. 果物の話です #fruit');
    await grace.page.getByRole('button', { name: 'Post', exact: true }).click();
    await page.keyboard.press('Escape');
    await ada.part('Search');
    await page.getByText('words that begin so').waitFor();
    await check(page, 'search before one types');
    await find(page, 'QUINCE', 2);
    assert.deepEqual((await page.locator('mark').allTextContents()).sort(), ['Quince', 'quince']);
    await check(page, 'search');
    await picture(page, '80-search-desktop');
    await find(page, '果物', 1);
    assert.equal(await page.locator('mark').textContent(), '果物');
    await find(page, 'grace_finder', 1);
    await page.getByRole('button', { name: 'Follow Grace Finder' }).waitFor();
  });
  await step('search: kinds and filters stand in the address, and a reload keeps them', async () => {
    await find(page, 'quince', 2);
    await page.getByRole('link', { name: 'Posts', exact: true }).click();
    await expect_soon('posts', () => hits(page).count(), 1);
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await page.getByLabel('By', { exact: true }).fill('@ada_finder');
    await page.getByText('Nothing was found').waitFor();
    await page.getByLabel('By', { exact: true }).fill('@grace_finder');
    await expect_soon('posts of Grace', () => hits(page).count(), 1);
    await page.getByLabel('To this day').fill('2001-01-01');
    await page.getByText('Nothing was found').waitFor();
    await page.reload();
    await page.getByText('Nothing was found').waitFor();
    assert.equal(await page.getByLabel('By', { exact: true }).inputValue(), '@grace_finder');
    await check(page, 'search with filters');
    await picture(page, '81-search-filters-desktop');
    await page.getByRole('button', { name: 'Without filters' }).click();
    await expect_soon('posts again', () => hits(page).count(), 1);
  });
}

async function jump(ada: Person): Promise<void> {
  const { page } = ada;
  await step('search: in one conversation, by keys alone, and to the message', async () => {
    await ada.chats();
    await ada.row('Grace Finder').click();
    await page.getByRole('button', { name: 'Search in this conversation' }).click();
    await searchbox(page).fill('quince');
    await expect_soon('messages', () => hits(page).count(), 1);
    await searchbox(page).press('ArrowDown');
    assert.ok(await hits(page).first().evaluate((row) => row === document.activeElement));
    await page.keyboard.press('Enter');
    await page.locator('.row.flash', { hasText: 'quince' }).waitFor();
    assert.match(page.url(), /#\/c\/[0-9a-f-]{36}\/1$/);
  });
}

async function phone(grace: Person): Promise<void> {
  const { page } = grace;
  await step('search: on a phone nothing is wider than the window', async () => {
    await grace.part('Search');
    await find(page, 'quince', 2);
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    await picture(page, '82-search-phone');
  });
}

export async function search(browser: Browser, nova: NovaProcess): Promise<void> {
  await two_people(browser, nova, 'Finder', async (ada, grace) => {
    await everything(ada, grace);
    await jump(ada);
    await phone(grace);
  });
}
