// axe-core on what the page shows, light and dark: no violation is allowed. Used by the steps of web_views_test.ts.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { picture } from './browser_run.ts';

// Rules whose answer depends on colours: the others say the same in both schemes.
const colour_rules = ['color-contrast', 'link-in-text-block'];

// Every rule of axe-core on what the page shows now; those of colours in both schemes.
export async function check(page: Page, view: string): Promise<void> {
  const before = await page.evaluate(() => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe.source);
    const { violations } = await page.evaluate((rules) => (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}),
    }), colorScheme === 'dark' ? colour_rules : null);
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
    if (found.length > 0) await picture(page, `axe-${view}-${colorScheme}`.replaceAll(' ', '-'));
    assert.deepEqual(found, [], `axe in "${view}", ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: before as 'light' | 'dark', reducedMotion: null });
}
