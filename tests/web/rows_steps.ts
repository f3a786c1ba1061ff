// The rows of the first-use report that need a browser, one step each, named by the row. Run by web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { check } from './axe_check.ts';
import { picture, step } from './browser_run.ts';
import type { NovaProcess } from './nova_process.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const arabic = 'مرحبا كيف حالك؟ (اختبار) 123!';
const history = 70;

const direction = (page: Page, selector: string) =>
  page.locator(selector).last().evaluate((element) => getComputedStyle(element).direction);

// Sends messages in the person's name over HTTP, faster than a hand.
async function send_many(person: Person, count: number): Promise<void> {
  await person.page.evaluate(async (messages) => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('nova.account.'))!;
    const { access_token } = JSON.parse(localStorage.getItem(key)!) as { access_token: string };
    const id = /#\/c\/(.*)$/.exec(location.hash)![1]!;
    const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
    for (let i = 1; i <= messages; i += 1) {
      const body = JSON.stringify({ client_id: `many-${i}`, text: `number ${i}` });
      const answer = await fetch(`/v1/conversations/${id}/messages`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    }
  }, count);
  await person.bubble(`number ${count}`).waitFor();
}

async function directions(ada: Person, grace: Person): Promise<void> {
  await step('U1: Arabic is laid out from right to left wherever it is written or shown', async () => {
    await ada.say('Hello');
    await ada.composer().fill(arabic);
    assert.equal(await direction(ada.page, '.composer textarea'), 'rtl');
    await ada.page.keyboard.press('Enter');
    await grace.row('Ada').click();
    await grace.bubble(arabic).waitFor();
    for (const { page } of [ada, grace]) {
      assert.equal(await direction(page, '.bubble-body'), 'rtl');
      assert.equal(await direction(page, '.row-text > bdi'), 'rtl');
      assert.equal(await page.locator('.bubble-body').first().evaluate((body) => getComputedStyle(body).direction), 'ltr');
    }
    await grace.menu(arabic, 'Reply');
    assert.equal(await direction(grace.page, '.context-text span'), 'rtl');
    await grace.say('An answer');
    await grace.bubble('An answer').waitFor();
    assert.equal(await direction(grace.page, '.quote-text'), 'rtl');
    await picture(grace.page, '20-rtl-phone');
  });
  await step('P8: a link ends at a bidi control', async () => {
    await grace.say('see https://example.org/\u202Egpj.exe');
    const link = ada.page.locator('.message a').last();
    await link.waitFor();
    assert.equal(await link.textContent(), 'https://example.org/');
    assert.equal(await link.getAttribute('href'), 'https://example.org/');
  });
  await step('U10: emoji have a colour font, digits do not', async () => {
    await ada.say('😀 123');
    await ada.bubble('😀 123').waitFor();
    const faces = await ada.page.evaluate(() => [...document.fonts].map((face) => face.family.replaceAll('"', '')));
    assert.ok(faces.includes('Nova Emoji'), faces.join());
    const fonts = await fonts_of(ada.page, '.message:has(.text:text("😀 123")) .text');
    const colour = fonts.find((font) => font.name === 'Noto Color Emoji');
    // On a machine without that font there is nothing to see.
    assert.ok(!colour || colour.glyphs === 1, JSON.stringify(fonts));
  });
}

// The fonts that Chromium really used.
async function fonts_of(page: Page, selector: string): Promise<{ name: string; glyphs: number }[]> {
  const devtools = await page.context().newCDPSession(page);
  await page.locator(selector).last().evaluate((element) => element.setAttribute('data-fonts', ''));
  await devtools.send('DOM.enable');
  await devtools.send('CSS.enable');
  const { root } = await devtools.send('DOM.getDocument');
  const { nodeId } = await devtools.send('DOM.querySelector', { nodeId: root.nodeId, selector: '[data-fonts]' });
  const { fonts } = await devtools.send('CSS.getPlatformFontsForNode', { nodeId });
  await devtools.detach();
  return fonts.map((font) => ({ name: font.familyName, glyphs: font.glyphCount }));
}

async function rename(person: Person, name: string): Promise<void> {
  await person.more('Settings');
  await person.page.getByLabel('Your name').fill(name);
  await person.page.getByRole('button', { name: 'Save profile' }).click();
  await person.page.getByText('Your profile is saved.').waitFor();
  await person.page.locator('.rail-me', { hasText: name }).waitFor({ state: 'attached' });
  await person.chats();
}

async function names(ada: Person, grace: Person): Promise<void> {
  await step('U3: a changed name is shown in the open chat of another at once', async () => {
    const shown = ada.page.locator('.chat-name');
    const place = ada.page.url();
    assert.notEqual(await shown.textContent(), 'Commodore Hopper');
    await rename(grace, 'Commodore Hopper');
    await expect_soon('the name above the open chat', () => shown.textContent(), 'Commodore Hopper');
    assert.equal(ada.page.url(), place);
  });
  await step("U3: a changed name is shown on one's own page at once, and to others when they open the chat", async () => {
    await rename(grace, 'Rear Admiral Hopper');
    await expect_soon('the name in the list of the other', async () => {
      await ada.page.evaluate(() => { location.hash = '#/chats'; });
      await ada.page.locator('button.conversation').first().click();
      return ada.page.locator('.chat-name').textContent();
    }, 'Rear Admiral Hopper');
  });
  await step('U3: a stale name in this browser does not outlive a reload', async () => {
    await grace.page.evaluate(() => {
      const key = Object.keys(localStorage).find((name) => name.startsWith('nova.account.'))!;
      const account = JSON.parse(localStorage.getItem(key)!) as object;
      localStorage.setItem(key, JSON.stringify({ ...account, display_name: 'Somebody Stale' }));
    });
    await grace.page.reload();
    await grace.page.locator('.rail-me', { hasText: 'Rear Admiral Hopper' }).waitFor({ state: 'attached' });
  });
}

async function far_back(ada: Person): Promise<void> {
  await step('U4: a click on a quote whose message is not loaded loads and shows it', async () => {
    await send_many(ada, history);
    await ada.scroll('top');
    await ada.menu('😀 123', 'Reply');
    await ada.say('About those three');
    await ada.bubble('About those three').waitFor();
    await ada.page.reload();
    await ada.bubble('About those three').getByRole('button', { name: /In reply to An earlier message/ }).click();
    const quoted = ada.page.locator('.row.flash', { hasText: '😀 123' });
    await quoted.waitFor();
    const { y } = (await quoted.boundingBox())!;
    assert.ok(y > 68 && y < 720, `the quoted message is at ${y}`);
  });
}

async function offline(ada: Person): Promise<void> {
  const context = ada.page.context();
  await step('U6: offline is shown at once, and nobody as online', async () => {
    await ada.page.reload();
    await ada.bubble('About those three').waitFor();
    await expect_soon('online', () => ada.connection(), 'online');
    await context.setOffline(true);
    await ada.page.getByText('You are offline.').waitFor({ timeout: 2_000 });
    assert.notEqual(await ada.page.locator('.chat-status').textContent(), 'online');
  });
  await step('an edit that fails stays in the field', async () => {
    await ada.menu('About those three', 'Edit');
    await ada.composer().fill('About those four');
    await ada.page.keyboard.press('Enter');
    await ada.page.locator('.composer-error', { hasText: 'Nova cannot be reached' }).waitFor();
    assert.equal(await ada.composer().inputValue(), 'About those four');
  });
  await step('U5: an earlier page that could not be loaded comes by itself when the network is back', async () => {
    await ada.scroll('top');
    await ada.page.getByText('Earlier messages could not be loaded.').waitFor();
    await context.setOffline(false);
    await expect_soon('online', () => ada.connection(), 'online');
    await ada.page.getByText('Earlier messages could not be loaded.').waitFor({ state: 'detached' });
    await expect_soon('the page came', async () =>
      Number(await ada.page.locator('.row').last().getAttribute('aria-setsize')), (count) => count > 50);
    await ada.page.getByRole('button', { name: 'Save' }).click();
    await ada.scroll('end');
    await ada.bubble('About those four').waitFor();
  });
}

async function drafts(ada: Person): Promise<void> {
  await step('U7: a draft with its reply, and an edit in progress, survive a reload', async () => {
    await ada.menu('About those four', 'Reply');
    await ada.composer().fill('half a thought');
    await ada.page.reload();
    await ada.page.locator('.composer-context', { hasText: 'Reply to yourself' }).waitFor();
    assert.equal(await ada.composer().inputValue(), 'half a thought');
    await ada.menu('About those four', 'Edit');
    await ada.composer().fill('About those four and');
    await ada.page.reload();
    await ada.page.locator('.composer-context', { hasText: 'Edit message' }).waitFor();
    assert.equal(await ada.composer().inputValue(), 'About those four and');
    await ada.composer().press('Escape');
    assert.equal(await ada.composer().inputValue(), 'half a thought');
  });
  await step('P7: a log-out asks about unsent texts, and deletes them', async () => {
    await ada.more('Log out');
    await ada.page.getByRole('dialog').getByText('One conversation has a draft').waitFor();
    await ada.answer('Cancel');
    assert.equal(await ada.composer().inputValue(), 'half a thought');
    await ada.more('Log out');
    await ada.answer('Log out and delete');
    await ada.page.getByLabel('E-mail or handle').waitFor();
    const left = await ada.page.evaluate(() => Object.keys(localStorage).filter((key) => /draft|outbox|account/.test(key)));
    assert.deepEqual(left, []);
  });
  await step('U8: after a log-out the page offers to log in', async () => {
    assert.equal(await ada.page.getByRole('tab', { name: 'Log in' }).getAttribute('aria-selected'), 'true');
    await ada.log_in(ada.handle);
    await ada.chats();
    await ada.page.locator('button.conversation').first().waitFor();
  });
  await step('U8: the only window is not said to be another one', async () => {
    await ada.more('Switch account');
    const button = ada.page.getByRole('button', { name: /Continue as Ada/ });
    await button.waitFor();
    assert.doesNotMatch(await button.textContent() ?? '', /another window/);
    await button.click();
    await ada.chats();
    await ada.page.locator('button.conversation').first().click();
    await ada.composer().waitFor();
  });
}

async function unread_line(ada: Person, grace: Person): Promise<void> {
  await step('U12: the line of new messages goes with an own reply', async () => {
    await grace.row('Ada').click();
    await expect_soon('all is read', () => grace.page.title(), 'Nova');
    await grace.page.getByRole('button', { name: 'Back to the conversations' }).click();
    await ada.say('Look at this');
    await grace.row('Ada').locator('.badge').waitFor();
    await grace.row('Ada').click();
    await grace.page.getByText('New messages', { exact: true }).waitFor();
    await grace.say('I see');
    await grace.page.getByText('New messages', { exact: true }).waitFor({ state: 'detached' });
    await ada.bubble('I see').waitFor();
  });
}

async function blocking(ada: Person, grace: Person): Promise<void> {
  const details = async () => { await grace.page.getByRole('button', { name: 'Details', exact: true }).click(); };
  await step('U9: blocking is asked about, shown, and can be taken back', async () => {
    await details();
    await grace.page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
    await grace.page.getByRole('dialog', { name: /Block Ada/ }).getByRole('button', { name: 'Block', exact: true }).click();
    await grace.page.getByText('is blocked. Neither of you').waitFor();
    await details();
    await grace.page.getByRole('dialog').getByText('You have blocked Ada').waitFor();
    assert.equal(await grace.page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).count(), 0);
    await grace.page.keyboard.press('Escape');
  });
  await step('U11: a message that could not be sent is marked in the list, with its own time', async () => {
    await ada.say('Are you there?');
    await ada.expect_state('Are you there?', 'failed');
    const row = ada.page.locator('button.conversation').first();
    await row.locator('.row-text.failed', { hasText: 'Not sent: Are you there?' }).waitFor();
    const sent = ada.bubble('Are you there?').locator('time');
    assert.equal(await row.locator('.row-time').textContent(), await sent.textContent());
    await ada.bubble('Are you there?').getByRole('button', { name: 'Delete' }).click();
  });
  await step('U9: a notice covers neither the composer nor the sign-in page', async () => {
    await details();
    await grace.page.getByRole('dialog').getByRole('button', { name: 'Unblock' }).click();
    const notice = grace.page.locator('.toast.shown');
    await notice.waitFor();
    const box = (await notice.boundingBox())!;
    assert.ok(box.y + box.height < 120, JSON.stringify(box));
    await grace.more('Switch account');
    await grace.page.getByRole('button', { name: /Continue as/ }).waitFor();
    assert.equal(await notice.count(), 0);
    await grace.page.getByRole('button', { name: /Continue as/ }).click();
    await grace.chats();
    await grace.row('Ada').waitFor();
  });
  await step('a block that is taken back lets both write again', async () => {
    await expect_soon('writing works again', async () => {
      await ada.say('Again');
      await ada.bubble('Again').first().waitFor();
      return (await ada.states()).some((one) => one.text === 'Again' && one.state !== 'failed' && one.state !== 'sending');
    }, true);
  });
}

async function counting_and_missing(ada: Person, origin: string): Promise<void> {
  await step("U13: one's own self is counted among those online", async () => {
    await ada.page.getByRole('button', { name: 'New group' }).click();
    await ada.page.getByLabel('Name of the group').fill('Counted');
    await ada.page.getByLabel('Add people by handle').fill('grace_h');
    await ada.page.getByRole('button', { name: 'Create group' }).click();
    await expect_soon('the status', () => ada.page.locator('.chat-status').textContent(), '2 members, 2 online');
  });
  await step('U15: a conversation that is not there is said to be missing', async () => {
    await ada.page.evaluate(() => { location.hash = '#/c/00000000-0000-7000-8000-000000000000'; });
    await ada.page.getByText('There is no such conversation').waitFor();
    await ada.page.getByRole('button', { name: 'To the conversations' }).click();
  });
  await step('U15: an address that the page does not know is said to be unknown', async () => {
    const other = await ada.page.context().newPage();
    // A server that answers every address of a browser with the page.
    const index = await (await fetch(`${origin}/`)).text();
    await other.route('**/settings', (route) => route.fulfill({ status: 404, contentType: 'text/html', body: index }));
    await other.goto(`${origin}/settings`);
    await other.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await check(other, 'no such page');
    await other.close();
  });
}

export async function rows(browser: Browser, nova: NovaProcess): Promise<void> {
  const ada = await Person.open(browser, nova.origin, 'Ada Lovelace', 'ada_l', { viewport: { width: 1280, height: 800 } });
  const grace = await Person.open(browser, nova.origin, 'Grace Hopper', 'grace_h',
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await step('U14: all errors of a registration are shown at once', async () => {
    await ada.page.getByLabel('Handle').fill('a b');
    await ada.page.getByLabel('E-mail').fill('nowhere');
    await ada.page.getByLabel('Password').fill('short');
    await ada.page.getByRole('button', { name: 'Create account' }).click();
    assert.equal(await ada.page.locator('input[aria-invalid="true"]').count(), 4);
    await ada.register();
    await grace.register();
    await ada.find('grace_h');
  });
  try {
    await directions(ada, grace);
    await names(ada, grace);
    await far_back(ada);
    await offline(ada);
    await drafts(ada);
    await unread_line(ada, grace);
    await blocking(ada, grace);
    await counting_and_missing(ada, nova.origin);
    assert.deepEqual([...ada.errors, ...grace.errors], [], 'errors of the page');
  } catch (error) {
    await picture(ada.page, 'failed-rows-ada').catch(() => {});
    await picture(grace.page, 'failed-rows-grace').catch(() => {});
    throw error;
  }
  await ada.page.context().close();
  await grace.page.context().close();
}
