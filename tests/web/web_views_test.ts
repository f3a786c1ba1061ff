// The page's views in Chromium against a real Nova: the rows of the first-use report (U1 to U15, P7, P8), keys and axe-core in every
// view, posts and people, media, search, live streams, settings, and 10,000 messages in one conversation. NOVA_STEPS names some of: social,
// media, search, live, rows, access, speed.
import type { Browser } from 'playwright-core';
import { access } from './access_steps.ts';
import { in_browser } from './browser_run.ts';
import { live } from './live_steps.ts';
import { media } from './media_steps.ts';
import type { NovaProcess } from './nova_process.ts';
import { rows } from './rows_steps.ts';
import { search } from './search_steps.ts';
import { social } from './social_steps.ts';
import { speed } from './speed_steps.ts';

const all = { social, media, search, live, rows, access, speed };
type Name = keyof typeof all;
// Those beside each other run at the same time, each with people of its own: they wait for the index, a worker or an encoder.
const order: Name[][] = [['social'], ['media', 'search', 'live'], ['rows'], ['access'], ['speed']];
const wanted = process.env.NOVA_STEPS?.split(',') ?? Object.keys(all);

async function run(browser: Browser, nova: NovaProcess): Promise<void> {
  for (const names of order) await Promise.all(names.filter((name) => wanted.includes(name)).map((name) => all[name](browser, nova)));
}

await in_browser(run);
