// What a person does on the page, by names and roles as a screen reader sees them; used by the browser tests.
import { slowdown } from './browser_run.ts';
import { expect_soon } from './soon.ts';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

export class Person {
  readonly page: Page;
  readonly name: string;
  readonly handle: string;
  // Errors of the page itself: exceptions and refusals by the content policy.
  readonly errors: string[] = [];

  constructor(page: Page, name: string, handle: string) {
    this.page = page;
    this.name = name;
    this.handle = handle;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (line) => {
      if (/Content Security Policy|Refused to/.test(line.text())) this.errors.push(line.text());
    });
  }

  static async open(
    browser: Browser, origin: string, name: string, handle: string, options: BrowserContextOptions,
  ): Promise<Person> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    context.setDefaultTimeout(15_000 * slowdown);
    const person = new Person(await context.newPage(), name, handle);
    await person.page.goto(origin);
    return person;
  }

  async register(): Promise<void> {
    await this.ask_for_account();
    await this.chats();
    await this.page.getByRole('button', { name: 'New chat' }).waitFor();
  }

  // A part of Nova by the name of its link in the rail. Its page is shown when this returns: an address set
  // before that would replace this one unseen.
  async part(name: string): Promise<void> {
    const link = this.page.locator('.rail').getByRole('link', { name: new RegExp(`^${name}`) });
    await link.click();
    await link.and(this.page.locator('[aria-current="page"]')).waitFor();
  }

  chats(): Promise<void> { return this.part('Chats'); }

  // An entry of the menu "More". On a phone it is not beside an open conversation.
  async more(entry: string): Promise<void> {
    const { page } = this;
    const back = page.getByRole('button', { name: 'Back to the conversations' });
    if (await back.isVisible()) await back.click();
    await page.locator('.rail').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: entry, exact: true }).click();
  }

  async ask_for_account(): Promise<void> {
    const { page } = this;
    await page.getByLabel('Your name').fill(this.name);
    await page.getByLabel('Handle').fill(this.handle);
    await page.getByLabel('E-mail').fill(`${this.name.toLowerCase().replaceAll(' ', '.')}@example.org`);
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
  }

  async find(handle: string): Promise<void> {
    const { page } = this;
    await page.getByRole('button', { name: 'New chat' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Handle').fill(handle);
    await dialog.getByRole('button', { name: 'Find', exact: true }).click();
    await dialog.getByRole('button', { name: 'Message', exact: true }).click();
    await this.composer().waitFor();
  }

  async say(text: string): Promise<void> {
    await this.composer().fill(text);
    await this.page.keyboard.press('Enter');
  }

  // The button of the question that is open.
  async answer(name: string): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  }

  async log_in(identifier: string, password = 'correct horse battery'): Promise<void> {
    const { page } = this;
    await page.getByLabel('E-mail or handle').fill(identifier);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
  }

  composer(): Locator { return this.page.getByRole('textbox', { name: 'Message', exact: true }); }

  row(name: string): Locator {
    return this.page.locator('button.conversation', { has: this.page.locator('.row-name', { hasText: name }) });
  }

  bubble(text: string): Locator { return this.page.locator('.message', { hasText: text }); }

  async menu(text: string, entry: string): Promise<void> {
    const bubble = this.bubble(text).last();
    await bubble.hover();
    await bubble.getByRole('button', { name: 'Message actions' }).click();
    await this.page.getByRole('menu').getByRole('menuitem', { name: entry }).click();
    if (entry === 'Take back') await this.answer('Take back');
  }

  // The texts in the order in which they stand, of the rows on the screen and those near it.
  async texts(): Promise<string[]> {
    return this.page.locator('.message .bubble .text').allTextContents();
  }

  // Of a message of one's own, near the screen: sending, sent, delivered, read or failed.
  async states(): Promise<Shown[]> {
    return (await this.page.evaluate(shown_rows)).filter((one) => one.state !== '');
  }

  // Every message of the open conversation: scrolls from the end to the beginning, since only what is near the screen exists as
  // elements, and back.
  async whole(): Promise<Shown[]> {
    const found = new Map<string, Shown>();
    const take = async () => { for (const one of await this.page.evaluate(shown_rows)) found.set(one.key, one); };
    await this.scroll('end');
    await take();
    for (;;) {
      const top = await this.scroll('up');
      await take();
      const begins = this.page.locator('.history-top', { hasText: 'This is where the conversation begins.' });
      if (top === 0 && await begins.count() > 0) break;
    }
    await this.scroll('end');
    return [...found.values()].sort((a, b) => (a.seq || Infinity) - (b.seq || Infinity) || a.index - b.index);
  }

  // To the end, by most of a screen up, or to the top; lets the page draw. Resolves with the place that came of it.
  async scroll(to: 'end' | 'up' | 'top'): Promise<number> {
    return this.page.locator('.scroller').evaluate(async (scroller: HTMLElement, where) => {
      const places = { end: scroller.scrollHeight, up: scroller.scrollTop - scroller.clientHeight * 0.7, top: 0 };
      scroller.scrollTop = places[where];
      for (let i = 0; i < 3; i += 1) await new Promise((drawn) => { requestAnimationFrame(drawn); });
      return scroller.scrollTop;
    }, to);
  }

  async expect_state(text: string, wanted: string): Promise<void> {
    await expect_soon(`"${text}" is ${wanted}`,
      async () => (await this.states()).find((one) => one.text === text)?.state, wanted);
  }

  async connection(): Promise<string> {
    return await this.page.locator('.shell').getAttribute('data-connection') ?? '';
  }
}

export interface Shown {
  key: string;
  index: number;
  text: string;
  state: string;
  seq: number;
}

// In the page: the rows that exist as elements.
function shown_rows(): Shown[] {
  return [...document.querySelectorAll<HTMLElement>('.row')].map((row) => {
    const message = row.querySelector('.message');
    return {
      key: row.dataset.key ?? '',
      index: Number(row.dataset.index),
      text: row.querySelector('.text')?.textContent ?? '',
      state: message?.getAttribute('data-state') ?? '',
      seq: Number(message?.getAttribute('data-seq') ?? 0),
    };
  });
}
