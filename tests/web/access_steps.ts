// Keys, focus, settings and roles, and axe-core in every view, light and dark: no violation is allowed. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const new_password = 'an even better horse';

// What has the focus, by its name or its text.
function focus_of(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });
}

const focused = (page: Page, selector: string) => page.evaluate((one) => document.activeElement?.matches(one) ?? false, selector);

async function sign_in(ada: Person): Promise<void> {
  const { page } = ada;
  await step('axe: register, its errors, log in', async () => {
    await check(page, 'register');
    await page.getByRole('button', { name: 'Create account' }).click();
    await check(page, 'register with errors');
    await page.getByRole('tab', { name: 'Register' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await focus_of(page), 'Log in');
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await check(page, 'log in');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focus_of(page), 'Register');
  });
  await step('keys: the focus is in the list after signing in', async () => {
    await ada.register();
    await expect_soon('focus', () => page.evaluate(() => document.activeElement !== document.body), true);
    await page.getByText('No conversations yet.').waitFor();
    await check(page, 'no conversations');
  });
}

async function dialogs(ada: Person): Promise<void> {
  const { page } = ada;
  await step('axe: the dialogs of a new chat and a new group', async () => {
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.getByRole('dialog').getByLabel('Handle').fill('carol_c');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Message', exact: true }).waitFor();
    await check(page, 'new chat');
    await page.getByRole('dialog').getByRole('button', { name: 'Message', exact: true }).click();
    await ada.say('Hello Carol, see https://example.org/');
    await page.getByRole('button', { name: 'New group' }).click();
    await page.getByLabel('Name of the group').fill('Readers');
    await page.getByLabel('Add people by handle').fill('carol_c');
    await page.keyboard.press('Enter');
    await page.locator('.chip').waitFor();
    await check(page, 'new group');
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByRole('heading', { name: 'Readers' }).waitFor();
  });
}

async function chats(ada: Person, carol: Person): Promise<void> {
  const { page } = ada;
  await step('axe: a group chat with replies, reactions, links and new messages', async () => {
    await ada.say('Which book is next?');
    await carol.row('Readers').click();
    await carol.menu('Which book', 'Reply');
    await carol.say('The one at https://example.org/book');
    await carol.say('مرحبا');
    await carol.page.getByRole('button', { name: 'Message actions' }).last().click();
    await carol.page.getByRole('menuitemcheckbox', { name: 'React with 🎉' }).click();
    await page.getByRole('button', { name: /🎉, 1/ }).waitFor();
    await ada.menu('Which book', 'Reply');
    await check(page, 'group chat');
    await page.keyboard.press('Escape');
    await check(carol.page, 'group chat on a phone');
  });
  await step('axe: each of the twelve colours that a person may have', async () => {
    await page.evaluate(() => {
      const all = document.createElement('div');
      all.id = 'hues';
      for (let hue = 0; hue < 12; hue += 1) {
        all.insertAdjacentHTML('beforeend', `<span class="avatar hue-${hue}">AB</span><span class="avatar small hue-${hue}">AB</span>
          <span class="sender text-hue-${hue}">Name</span>`);
      }
      document.querySelector('.stage')!.prepend(all);
    });
    await check(page, 'colours of people');
    await page.evaluate(() => document.querySelector('#hues')!.remove());
  });
  await step('keys: a right click or a long press opens the menu of a message', async () => {
    await ada.bubble('Which book').first().locator('.bubble').click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
  });
  await step('axe: the menu of a message', async () => {
    await ada.bubble('Which book').first().hover();
    await ada.bubble('Which book').first().getByRole('button', { name: 'Message actions' }).click();
    await check(page, 'menu');
    await page.keyboard.press('Escape');
  });
  await step('axe: a direct chat, its details, and a question', async () => {
    await ada.row('Carol').click();
    await ada.bubble('Hello Carol').waitFor();
    await check(page, 'direct chat');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).waitFor();
    await check(page, 'details of a person');
    await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
    await check(page, 'question');
    await ada.page.getByRole('dialog', { name: /Block/ }).getByRole('button', { name: 'Cancel' }).click();
    await page.keyboard.press('Escape');
  });
  await step('axe: the list on a phone, a conversation that is missing, no connection', async () => {
    await carol.page.getByRole('button', { name: 'Back to the conversations' }).click();
    await check(carol.page, 'list on a phone');
    await page.evaluate(() => { location.hash = '#/c/00000000-0000-7000-8000-000000000000'; });
    await page.getByText('There is no such conversation').waitFor();
    await check(page, 'missing conversation');
    await page.context().setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await check(page, 'offline');
    await page.context().setOffline(false);
    await expect_soon('online', () => ada.connection(), 'online');
  });
}

async function keys(ada: Person): Promise<void> {
  const { page } = ada;
  await step('keys: the log is one stop, and the head of the chat is near the composer', async () => {
    await ada.row('Readers').click();
    await ada.bubble('Which book').first().waitFor();
    await ada.composer().focus();
    await page.keyboard.press('Shift+Tab');
    assert.ok(await focused(page, '.row'));
    const newest = await page.evaluate(() => document.activeElement!.getAttribute('aria-posinset')
      === document.activeElement!.getAttribute('aria-setsize'));
    assert.ok(newest, 'the stop is the newest message');
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focus_of(page), 'Details');
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focus_of(page), 'Search in this conversation');
    await page.keyboard.press('Shift+Tab');
    assert.ok(await focused(page, '.chat-who'));
  });
  await step('keys: arrows move between messages and inside one, Enter opens the menu', async () => {
    await ada.composer().focus();
    await page.keyboard.press('Shift+Tab');
    const at = () => page.evaluate(() => Number(document.activeElement?.closest('.row')?.getAttribute('aria-posinset')));
    const last = await at();
    await page.keyboard.press('ArrowUp');
    await expect_soon('the row before', at, last - 1);
    await page.keyboard.press('Home');
    await expect_soon('the first row', at, 1);
    await page.keyboard.press('ArrowRight');
    assert.equal(await focus_of(page), 'Message actions');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('ArrowDown');
    assert.match(await focus_of(page), /React with/);
    await page.keyboard.press('Escape');
    assert.ok(await focused(page, '.row'), 'the focus returns to the message');
    await page.keyboard.press('Escape');
    assert.ok(await focused(page, '.composer textarea'));
  });
  await step('keys: Ctrl+K finds a conversation, Alt with an arrow goes to the next, ? tells the keys', async () => {
    await page.keyboard.press('Control+k');
    assert.ok(await focused(page, '.list-filter input'));
    await page.keyboard.type('carol');
    await expect_soon('rows', () => page.locator('button.conversation').count(), 2);
    await page.keyboard.type('_nobody');
    await page.getByText('No conversation is called that.').waitFor();
    await check(page, 'filter without a hit');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+ArrowDown');
    await page.locator('.chat-name', { hasText: 'Carol' }).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.locator('.chat-name', { hasText: 'Readers' }).waitFor();
    await page.locator('.chat-who').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await check(page, 'keys');
    await page.keyboard.press('Escape');
  });
}

async function settings(browser: Browser, ada: Person): Promise<void> {
  const { page } = ada;
  const desk = await Person.open(browser, new URL(page.url()).origin, ada.name, ada.handle, {});
  await step('settings: profile, sessions and password; other devices are logged out by name or all', async () => {
    await desk.page.getByRole('tab', { name: 'Log in' }).click();
    await desk.log_in(ada.handle);
    await desk.chats();
    await desk.row('Readers').waitFor();
    await page.keyboard.press('Control+,');
    await page.getByLabel('About you').fill('Reads.');
    await page.getByRole('button', { name: 'Save profile' }).click();
    await page.getByText('Your profile is saved.').waitFor();
    await check(page, 'settings, profile');
    await picture(page, '21-settings-desktop');
    await page.getByRole('link', { name: 'Account', exact: true }).click();
    await expect_soon('sessions', () => page.locator('.session-list li').count(), 2);
    await check(page, 'settings, account');
    await page.locator('.session-list').getByRole('button', { name: /Log out/ }).click();
    await expect_soon('sessions', () => page.locator('.session-list li').count(), 1);
    await desk.page.getByText('You are signed out.').waitFor();
    await page.getByLabel('Password now').fill('not my password');
    await page.getByLabel('New password').fill(new_password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('This is not your password.').waitFor();
    await page.getByLabel('Password now').fill('correct horse battery');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password is changed.').waitFor();
    await desk.log_in(ada.handle, new_password);
    await desk.chats();
    await desk.row('Readers').waitFor();
  });
  await step('settings: log out everywhere ends this device and all others', async () => {
    await page.getByRole('button', { name: 'Log out everywhere' }).click();
    await ada.answer('Log out everywhere');
    await page.getByLabel('E-mail or handle').waitFor();
    await desk.page.getByText('You are signed out.').waitFor();
    await desk.page.context().close();
    await ada.log_in(ada.handle, new_password);
    await ada.chats();
    await ada.row('Readers').waitFor();
  });
}

async function roles(ada: Person, carol: Person): Promise<void> {
  const { page } = ada;
  await step('members: the owner gives a role and removes, which is asked about', async () => {
    await ada.row('Readers').click();
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await check(page, 'details of a group');
    await page.getByLabel('Role of Carol Shaw').selectOption('admin');
    await expect_soon('the role', () => page.getByLabel('Role of Carol Shaw').inputValue(), 'admin');
    await page.getByRole('button', { name: 'Remove Carol Shaw' }).click();
    await page.getByRole('dialog', { name: /Remove Carol/ }).getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByLabel('Role of Carol Shaw').waitFor({ state: 'detached' });
    await carol.row('Readers').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
  });
  await step('axe: people to choose from, another window open', async () => {
    await ada.more('Switch account');
    await page.getByRole('button', { name: /Continue as Ada/ }).waitFor();
    await check(page, 'chooser');
  });
}

export async function access(browser: Browser, nova: NovaProcess): Promise<void> {
  const ada = await Person.open(browser, nova.origin, 'Ada Access', 'ada_access', { viewport: { width: 1280, height: 800 } });
  const carol = await Person.open(browser, nova.origin, 'Carol Shaw', 'carol_c', { viewport: { width: 390, height: 844 } });
  try {
    await carol.register();
    await sign_in(ada);
    await dialogs(ada);
    await chats(ada, carol);
    await keys(ada);
    await settings(browser, ada);
    await roles(ada, carol);
    assert.deepEqual([...ada.errors, ...carol.errors], [], 'errors of the page');
  } catch (error) {
    await picture(ada.page, 'failed-access-ada').catch(() => {});
    await picture(carol.page, 'failed-access-carol').catch(() => {});
    throw error;
  }
  await ada.page.context().close();
  await carol.page.context().close();
}
