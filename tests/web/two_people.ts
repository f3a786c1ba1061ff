// Two people on two devices: Ada on a desk, Grace on a phone in the dark. Pictures of both when a step fails. Used by the steps of
// web_views_test.ts.
import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { picture } from './browser_run.ts';
import { Person } from './page_driver.ts';

const desk = { viewport: { width: 1240, height: 860 } };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'dark' };

// `origin`: where they find Nova. `part` tells their names apart from those of other steps.
export async function two_people(
  browser: Browser, { origin }: { origin: string }, part: string, work: (ada: Person, grace: Person) => Promise<void>, options: BrowserContextOptions = {},
): Promise<void> {
  const ada = await Person.open(browser, origin, `Ada ${part}`, `ada_${part.toLowerCase()}`, { ...desk, ...options });
  const grace = await Person.open(browser, origin, `Grace ${part}`, `grace_${part.toLowerCase()}`, phone);
  try {
    for (const person of [ada, grace]) await person.register();
    await work(ada, grace);
    assert.deepEqual([...ada.errors, ...grace.errors], [], 'errors of the page');
  } catch (error) {
    for (const [person, name] of [[ada, 'ada'], [grace, 'grace']] as const) {
      await picture(person.page, `failed-${part.toLowerCase()}-${name}`).catch(() => {});
    }
    throw error;
  }
  for (const person of [ada, grace]) await person.page.context().close();
}
