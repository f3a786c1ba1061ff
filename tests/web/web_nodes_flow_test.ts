// Two people in Chromium, each on a gateway of its own of three nodes that are one Nova. One node after the other is killed while both write:
// their pages go on at the other gateway without a reload. node web_nodes_flow_test.js SOURCE_ROOT
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { environment, in_chromium, picture, slowdown, step } from './browser_run.ts';
import { NovaNodes } from './nova_nodes.ts';
import { Person } from './page_driver.ts';
import { expect_soon } from './soon.ts';

const messages_each = 12;
const kill_at = 4;
const back_limit_ms = 60_000 * slowdown;

// The sockets that a page opened, newest last; and since when the page stands.
class Watched {
  readonly person: Person;
  readonly sockets: string[] = [];
  private loaded_at_ = 0;

  constructor(person: Person) {
    this.person = person;
    person.page.on('websocket', (socket) => this.sockets.push(new URL(socket.url()).host));
  }

  async settle(): Promise<void> { this.loaded_at_ = await this.origin_(); }
  async was_not_reloaded(): Promise<void> { assert.equal(await this.origin_(), this.loaded_at_, `${this.person.name}'s page was loaded again`); }

  private origin_(): Promise<number> { return this.person.page.evaluate(() => performance.timeOrigin); }
}

// Both write, each message behind the other's; the node is killed in the middle.
async function write_through(nodes: NovaNodes, node: number, people: Watched[]): Promise<() => Promise<void>> {
  const written = people.map(({ person }) => Array.from({ length: messages_each }, (_, i) => `node${node} ${person.handle} ${String(i).padStart(2, '0')}`));
  let killed: ReturnType<NovaNodes['kill']> | null = null;
  for (let i = 0; i < messages_each; i += 1) {
    for (const [at, { person }] of people.entries()) await person.say(written[at]![i]!);
    if (i === kill_at) killed = nodes.kill(node);
  }
  const start_again = await killed!;
  const shown = async ({ person }: Watched) => (await person.whole()).map((one) => one.text).filter((text) => text.startsWith(`node${node} `));
  for (const watched of people) {
    const { person } = watched;
    await expect_soon(`${person.name} is online`, () => person.connection(), 'online', back_limit_ms);
    await expect_soon(`nothing of ${person.name} waits`, async () => (await person.whole())
      .filter((one) => one.state === 'sending' || one.state === 'failed').length, 0, back_limit_ms);
  }
  for (const watched of people) {
    const { person } = watched;
    await expect_soon(`${person.name} sees them all`, async () => (await shown(watched)).length, 2 * messages_each);
    const texts = await shown(watched);
    for (const [at, { person: writer }] of people.entries()) {
      assert.deepEqual(texts.filter((text) => text.includes(` ${writer.handle} `)), written[at], `${person.name} sees what ${writer.name} wrote, once and in order`);
    }
  }
  assert.deepEqual(await shown(people[0]!), await shown(people[1]!), 'both see the same order');
  for (const watched of people) await watched.was_not_reloaded();
  return start_again;
}

async function run(browser: Browser, nodes: NovaNodes): Promise<void> {
  const ada = await Person.open(browser, nodes.gateway(1), 'Ada Lovelace', 'ada_l', { viewport: { width: 1280, height: 800 } });
  const grace = await Person.open(browser, nodes.gateway(2), 'Grace Hopper', 'grace_h', { viewport: { width: 1000, height: 800 } });
  const [of_ada, of_grace] = [new Watched(ada), new Watched(grace)];
  const people = [of_ada, of_grace];
  const host = (node: number) => new URL(nodes.gateway(node)).host;
  try {
    await step('two people register, each at a gateway, and find each other', async () => {
      for (const person of [ada, grace]) await person.register();
      // Made from an event of another node.
      await nodes.answers(1, '/v1/users/by-handle/grace_h');
      await ada.find('grace_h');
      await ada.say('Hello Grace!');
      await grace.row('Ada Lovelace').click();
      await ada.expect_state('Hello Grace!', 'read');
      for (const watched of people) await watched.settle();
      assert.deepEqual([of_ada.sockets.at(-1), of_grace.sockets.at(-1)], [host(1), host(2)]);
    });
    await step('node1 is killed: its page goes on at the other gateway', async () => {
      const start_again = await write_through(nodes, 1, people);
      assert.deepEqual([of_ada.sockets.at(-1), of_grace.sockets.at(-1)], [host(2), host(2)]);
      await picture(ada.page, '90-other-gateway-desktop');
      await start_again();
    });
    await step('the next calls and a new chat work there too', async () => {
      for (const handle of ['grace_h', 'ada_l']) await nodes.answers(2, `/v1/users/by-handle/${handle}`);
      await ada.find('grace_h');
      await grace.page.getByRole('button', { name: 'New group' }).click();
      await grace.page.getByLabel('Name of the group').fill('Compilers');
      await grace.page.getByLabel('Add people by handle').fill('ada_l');
      await grace.page.keyboard.press('Enter');
      await grace.page.locator('.chip', { hasText: 'ada_l' }).waitFor();
      await grace.page.getByRole('button', { name: 'Create group' }).click();
      await ada.row('Compilers').waitFor();
      await grace.row('Ada Lovelace').click();
    });
    await step('node2 is killed: both go to node1, which is back', async () => {
      const start_again = await write_through(nodes, 2, people);
      assert.deepEqual([of_ada.sockets.at(-1), of_grace.sockets.at(-1)], [host(1), host(1)]);
      await start_again();
    });
    await step('node3, which is no gateway, is killed', async () => {
      await write_through(nodes, 3, people);
      assert.deepEqual([of_ada.sockets.at(-1), of_grace.sockets.at(-1)], [host(1), host(1)]);
    });
    assert.deepEqual([...ada.errors, ...grace.errors], [], 'errors of the page');
  } catch (error) {
    await picture(ada.page, 'failed-nodes-ada').catch(() => {});
    await picture(grace.page, 'failed-nodes-grace').catch(() => {});
    throw error;
  }
}

// A node that is slowed down as much must not lose its parts for that.
const patience = { NOVA_STORAGE__LEASE_MS: String(3_000 * slowdown), NOVA_CLUSTER__SILENCE_MS: String(2_500 * slowdown) };
// Tokens end so soon that the pages renew them several times, at whichever gateway they are.
await in_chromium(new NovaNodes(process.argv[2]!, environment('NOVA_BINARY'), {
  NOVA_GATEWAY__WEB_ROOT: environment('NOVA_WEB_ROOT'), NOVA_AUTH__ACCESS_TOKEN_TTL_S: String(10 * slowdown), ...(slowdown > 1 ? patience : {}),
}), run);
