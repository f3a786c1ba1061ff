// Waits until something is as it should be, and says what it was instead; used by the browser test.
import { isDeepStrictEqual } from 'node:util';

const limit_ms = 20_000 * Number(process.env.NOVA_SLOWDOWN ?? 1);
const step_ms = 50;

export async function expect_soon<T>(
  what: string, read: () => Promise<T>, wanted: T | ((now: T) => boolean), within_ms = limit_ms,
): Promise<T> {
  const end = Date.now() + within_ms;
  const fits = (now: T) => (typeof wanted === 'function'
    ? (wanted as (now: T) => boolean)(now) : isDeepStrictEqual(now, wanted));
  for (;;) {
    const now = await read();
    if (fits(now)) return now;
    if (Date.now() > end) {
      const shown = typeof wanted === 'function' ? '' : `, not ${JSON.stringify(wanted)}`;
      throw new Error(`${what}: it is ${JSON.stringify(now)}${shown}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, step_ms); });
  }
}
