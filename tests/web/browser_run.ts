// Runs a browser test: starts a Nova that serves the page, or its nodes, and Chromium; prints the steps, ends both. NOVA_BINARY,
// NOVA_WEB_ROOT and NOVA_SCREENSHOTS come from ctest. Used by the web_*_test.ts files.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { NovaProcess } from './nova_process.ts';

export function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const screenshots = environment('NOVA_SCREENSHOTS');

// How much slower than a machine of its own this one is, for limits in time.
export const slowdown = Number(process.env.NOVA_SLOWDOWN ?? 1);

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(screenshots, `${name}.png`), animations: 'disabled' });
}

export async function step(name: string, work: () => Promise<void>): Promise<void> {
  const start = Date.now();
  try {
    await work();
  } catch (error) {
    console.log(`NOT ok  ${name} (${Date.now() - start} ms)`);
    throw error;
  }
  console.log(`ok  ${name} (${Date.now() - start} ms)`);
}

interface Served {
  start(): Promise<void>;
  stop(): Promise<void>;
  log(): string;
}

export async function in_browser(
  run: (browser: Browser, nova: NovaProcess) => Promise<void>, settings: Record<string, string> = {},
): Promise<void> {
  await in_chromium(new NovaProcess(environment('NOVA_BINARY'), { NOVA_GATEWAY__WEB_ROOT: environment('NOVA_WEB_ROOT'), ...settings }), run);
}

export async function in_chromium<Nova extends Served>(nova: Nova, run: (browser: Browser, nova: Nova) => Promise<void>): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.NOVA_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  });
  try {
    await nova.start();
    await run(browser, nova);
    console.log('all steps passed');
  } catch (error) {
    console.error(error);
    console.error(`nova's last lines:\n${nova.log()}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
    await nova.stop();
  }
}
