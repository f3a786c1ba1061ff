// The page in Chromium against a real Nova: two people register, find each other and chat, while nova is killed in the
// middle of it. NOVA_BINARY, NOVA_WEB_ROOT and NOVA_SCREENSHOTS come from ctest.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { in_browser, picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const storm_messages = 40;
const storm_kill_at = 12;
// So short that the pages renew their tokens several times within the test.
const token_life_s = 10;

async function find_each_other(ada: Person, grace: Person): Promise<void> {
  await step('two people register', async () => {
    await picture(ada.page, '01-sign-in-desktop');
    await picture(grace.page, '02-sign-in-phone');
    await ada.register();
    await grace.register();
  });
  await step('a handle that is taken is said beside its field', async () => {
    const browser = ada.page.context().browser()!;
    const third = await Person.open(browser, new URL(ada.page.url()).origin, 'Not Ada', 'ADA_L', {});
    await third.ask_for_account();
    await third.page.getByText('This handle is taken.').waitFor();
    assert.equal(await third.page.getByLabel('Handle').getAttribute('aria-invalid'), 'true');
    await third.page.context().close();
  });
  await step('one finds the other by handle and writes', async () => {
    await ada.find('GRACE_H');
    await ada.say('Hello Grace!');
    await ada.expect_state('Hello Grace!', 'delivered');
  });
  await step('the other sees it in the list, unread', async () => {
    const row = grace.row('Ada Lovelace');
    await row.waitFor();
    await expect_soon('unread', () => row.locator('.badge').textContent(), '1');
    await expect_soon('title', () => grace.page.title(), '(1) Nova');
    await picture(grace.page, '03-unread-phone');
  });
}

async function chat(ada: Person, grace: Person): Promise<void> {
  await step('reading it is shown to the sender', async () => {
    await grace.row('Ada Lovelace').click();
    await grace.bubble('Hello Grace!').waitFor();
    await ada.expect_state('Hello Grace!', 'read');
    await expect_soon('title', () => grace.page.title(), 'Nova');
  });
  await step('typing, answer and presence arrive live', async () => {
    await grace.composer().pressSequentially('Hi A');
    await ada.page.getByText('Grace Hopper is typing').waitFor();
    await grace.say('Hi Ada, it was a moth.');
    await ada.bubble('it was a moth').waitFor();
    await expect_soon('presence', () => ada.page.locator('.chat-status').textContent(), 'online');
  });
  await step('a message is edited, taken back, replied to and reacted to', async () => {
    await ada.say('This is a secnd try');
    await ada.expect_state('This is a secnd try', 'read');
    await ada.menu('This is a secnd try', 'Edit');
    await ada.composer().fill('This is a second try');
    await ada.page.keyboard.press('Enter');
    await grace.bubble('This is a second try').getByText('edited').waitFor();
    await ada.say('Forget this');
    await ada.expect_state('Forget this', 'read');
    await ada.menu('Forget this', 'Take back');
    await grace.page.getByText('This message was taken back').waitFor();
    await grace.menu('This is a second try', 'Reply');
    await grace.say('Third time lucky');
    await ada.bubble('Third time lucky').getByRole('button', { name: /In reply to/ }).waitFor();
    const moth = ada.bubble('it was a moth');
    await moth.hover();
    await moth.getByRole('button', { name: 'Message actions' }).click();
    await ada.page.getByRole('menuitemcheckbox', { name: 'React with 🎉' }).click();
    await grace.bubble('it was a moth').getByRole('button', { name: /🎉, 1/ }).waitFor();
    await picture(ada.page, '04-chat-desktop');
    await picture(grace.page, '05-chat-phone');
  });
}

// What Ada's page showed as sent at the moment of the kill must be there afterwards, and everything written exactly once.
async function survive_a_kill(nova: NovaProcess, ada: Person, grace: Person): Promise<void> {
  const written = Array.from({ length: storm_messages }, (_, i) => `storm ${String(i).padStart(2, '0')}`);
  let shown_as_sent: string[] = [];
  await step('nova is killed in the middle of it', async () => {
    let killed: Promise<void> = Promise.resolve();
    for (const [i, text] of written.entries()) {
      await ada.say(text);
      if (i === storm_kill_at) killed = nova.kill();
    }
    await killed;
    await expect_soon('the connection is lost', () => ada.connection(), (now) => now !== 'online');
    shown_as_sent = (await ada.whole())
      .filter((one) => written.includes(one.text) && one.state !== 'sending').map((one) => one.text);
    await ada.page.locator('.banner.shown').waitFor();
    await picture(ada.page, '06-no-connection-desktop');
    assert.ok(shown_as_sent.length > 0, 'nothing was sent before the kill');
    assert.ok(shown_as_sent.length < written.length, 'everything was sent before the kill');
  });
  await step(`it comes back, and what was shown as sent (${shown_as_sent.length}) and the rest are there once`, async () => {
    await nova.start();
    for (const person of [ada, grace]) {
      await expect_soon(`${person.name} is online`, () => person.connection(), 'online', 60_000);
    }
    const storm = async (person: Person) => (await person.whole()).map((one) => one.text).filter((text) => text.startsWith('storm'));
    await expect_soon('no message is left behind', async () => (await ada.whole())
      .filter((one) => one.state === 'sending' || one.state === 'failed').length, 0, 60_000);
    await expect_soon('Ada sees each once, in order', () => storm(ada), written);
    await expect_soon('Grace sees each once, in order', () => storm(grace), written);
    await ada.expect_state(written.at(-1)!, 'read');
  });
  await step('a reload shows the same', async () => {
    const before = await ada.whole();
    for (const person of [ada, grace]) {
      await person.page.reload();
      await expect_soon(`${person.name}'s newest`, async () => (await person.texts()).at(-1), written.at(-1)!);
      const texts = (await person.whole()).map((one) => one.text);
      assert.equal(texts.length, before.length);
      assert.deepEqual(texts.slice(-storm_messages), written);
    }
    assert.deepEqual((await ada.whole()).map((one) => one.text), before.map((one) => one.text));
  });
}

async function unread_and_groups(ada: Person, grace: Person): Promise<void> {
  await step('unread messages are counted while another page is looked at', async () => {
    await grace.page.getByRole('button', { name: 'Back to the conversations' }).click();
    for (const text of ['one', 'two', 'three']) await ada.say(text);
    await expect_soon('unread', () => grace.row('Ada Lovelace').locator('.badge').textContent(), '3');
    await ada.expect_state('three', 'delivered');
    await grace.row('Ada Lovelace').click();
    await ada.expect_state('three', 'read');
    await grace.page.getByRole('button', { name: 'Back to the conversations' }).click();
    await expect_soon('unread', () => grace.row('Ada Lovelace').locator('.badge').isVisible(), false);
  });
  await step('a group is made by handles and reaches its members', async () => {
    await ada.page.getByRole('button', { name: 'New group' }).click();
    await ada.page.getByLabel('Name of the group').fill('Analytical Engine');
    await ada.page.getByLabel('Add people by handle').fill('grace_h');
    await ada.page.keyboard.press('Enter');
    await ada.page.locator('.chip', { hasText: 'grace_h' }).waitFor();
    await ada.page.getByRole('button', { name: 'Create group' }).click();
    await ada.page.getByRole('heading', { name: 'Analytical Engine' }).waitFor();
    await ada.say('The cards are punched.');
    await expect_soon('unread', () => grace.row('Analytical Engine').locator('.badge').textContent(), '1');
    await picture(ada.page, '07-group-desktop');
    await picture(grace.page, '08-list-phone');
  });
}

// In one turn of the page, as a hand that is faster than the address line.
async function switch_at_once(ada: Person): Promise<void> {
  await step('a click opens a conversation before the next key is pressed', async () => {
    for (const name of ['Grace Hopper', 'Analytical Engine']) {
      const shown = await ada.row(name).evaluate((row: HTMLElement) => {
        row.click();
        return document.querySelector('.chat-pane .chat-name')?.textContent;
      });
      assert.equal(shown, name);
    }
  });
}

async function accounts(ada: Person, grace: Person): Promise<void> {
  await step('U8: a second window of the same browser shows the chats, and can be somebody else', async () => {
    const second = await ada.page.context().newPage();
    const linus = new Person(second, 'Linus', 'linus_t');
    await second.goto(new URL(ada.page.url()).origin);
    await linus.chats();
    await second.locator('button.conversation').first().waitFor();
    await linus.more('Switch account');
    await second.getByRole('button', { name: /Continue as Ada Lovelace.*open in another window/ }).waitFor();
    await picture(second, '09-second-window');
    await second.getByRole('tab', { name: 'Register' }).click();
    await linus.register();
    await linus.find('ada_l');
    await linus.say('From the next window');
    await ada.row('Linus').waitFor();
    assert.deepEqual(linus.errors, []);
    await second.close();
  });
  await step('logging out and in again by handle', async () => {
    await grace.more('Log out');
    await grace.log_in('Grace_H', 'wrong');
    await grace.page.getByText('That name and password do not match.').waitFor();
    await grace.log_in('Grace_H');
    await grace.chats();
    await grace.row('Analytical Engine').waitFor();
    await grace.page.locator('.rail-me', { hasText: '@grace_h' }).waitFor({ state: 'attached' });
  });
}

// Ends all sessions but the page's own, as a person would from another device.
async function revoke_others(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('nova.account.'))!;
    const { access_token } = JSON.parse(localStorage.getItem(key)!) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    const list = await (await fetch('/v1/auth/sessions', { headers })).json() as
      { items: { session_id: string; current: boolean }[] };
    const others = list.items.filter((one) => !one.current);
    for (const { session_id } of others) await fetch(`/v1/auth/sessions/${session_id}`, { method: 'DELETE', headers });
    return others.length;
  });
}

async function sessions(ada: Person, grace: Person): Promise<void> {
  await step('a session that is revoked elsewhere signs the page out', async () => {
    const browser = grace.page.context().browser()!;
    const desk = await Person.open(browser, new URL(ada.page.url()).origin, grace.name, grace.handle, {});
    await desk.page.getByRole('tab', { name: 'Log in' }).click();
    await desk.log_in('grace.hopper@example.org');
    await desk.chats();
    await desk.row('Analytical Engine').waitFor();
    assert.ok(await revoke_others(desk.page) > 0);
    await grace.page.getByText('You are signed out.').waitFor();
    await ada.row('Grace Hopper').click();
    await ada.say('Still there?');
    await desk.row('Ada Lovelace').click();
    await ada.expect_state('Still there?', 'read');
    await desk.page.context().close();
  });
}

async function run(browser: Browser, nova: NovaProcess): Promise<void> {
  const ada = await Person.open(browser, nova.origin, 'Ada Lovelace', 'ada_l',
    { viewport: { width: 1280, height: 800 } });
  const grace = await Person.open(browser, nova.origin, 'Grace Hopper', 'grace_h',
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  try {
    await find_each_other(ada, grace);
    await chat(ada, grace);
    await survive_a_kill(nova, ada, grace);
    await unread_and_groups(ada, grace);
    await switch_at_once(ada);
    await accounts(ada, grace);
    await sessions(ada, grace);
    assert.deepEqual([...ada.errors, ...grace.errors], [], 'errors of the page');
  } catch (error) {
    await picture(ada.page, 'failed-ada').catch(() => {});
    await picture(grace.page, 'failed-grace').catch(() => {});
    throw error;
  }
}

await in_browser(run, { NOVA_AUTH__ACCESS_TOKEN_TTL_S: String(token_life_s) });
