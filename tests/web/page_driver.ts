// What a person does on the page, by names and roles as a screen reader sees them; used by web_flow_test.ts.
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
    context.setDefaultTimeout(15_000);
    const person = new Person(await context.newPage(), name, handle);
    await person.page.goto(origin);
    return person;
  }

  async register(): Promise<void> {
    await this.ask_for_account();
    await this.page.getByRole('button', { name: 'New chat' }).waitFor();
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
  }

  // The texts in the order in which they stand, without what belongs to the bubble's margin.
  async texts(): Promise<string[]> {
    return this.page.locator('.message .bubble .text').allTextContents();
  }

  // Of a message of one's own: sending, sent, delivered, read or failed.
  async states(): Promise<{ text: string; state: string; seq: number }[]> {
    return this.page.locator('.message.mine').evaluateAll((all) => all.map((one) => ({
      text: one.querySelector('.text')?.textContent ?? '',
      state: one.getAttribute('data-state') ?? '',
      seq: Number(one.getAttribute('data-seq') ?? 0),
    })));
  }

  async expect_state(text: string, wanted: string): Promise<void> {
    await expect_soon(`"${text}" is ${wanted}`,
      async () => (await this.states()).find((one) => one.text === text)?.state, wanted);
  }

  async connection(): Promise<string> {
    return await this.page.locator('.shell').getAttribute('data-connection') ?? '';
  }
}
