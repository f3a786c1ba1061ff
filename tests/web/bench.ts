// One window's store against a server in memory, with the test's own clock, disk and tokens. Used by the tests of the session
// client and the store.
import assert from 'node:assert/strict';
import { Outbox } from '../../gateway/web/src/outbox.ts';
import { Store } from '../../gateway/web/src/store.ts';
import type { TokenKeeper } from '../../gateway/web/src/tokens.ts';
import { FakeClock, FakeNova, me, MemoryStore } from './fake_nova.ts';

export const id = 'conversation';

export class Bench {
  readonly nova = new FakeNova();
  readonly clock = new FakeClock();
  readonly disk = new MemoryStore();
  access = 'token-1';
  renewals = 0;
  renew_at = Number.MAX_SAFE_INTEGER;
  renew: () => Promise<string> = async () => { this.access = this.nova.token; return this.access; };
  signed_out = 0;
  visible = true;
  store: Store;

  constructor() {
    this.nova.log(id);
    this.store = this.page();
  }

  // A fresh load of the page on the same browser.
  page(): Store {
    const tokens = {
      renew_at: () => this.renew_at,
      access: async () => this.access,
      renew: async () => { this.renewals += 1; return this.renew(); },
      on_signed_out: () => {},
    };
    this.store = new Store({
      me: { account_id: me, handle: 'me', display_name: 'Me' },
      api: this.nova.api(),
      tokens: tokens as unknown as TokenKeeper,
      outbox: new Outbox(this.disk, me),
      storage: this.disk,
      clock: this.clock,
      open_socket: this.nova.connect,
      changed: () => {},
      visible: () => this.visible,
      signed_out: () => { this.signed_out += 1; },
    });
    return this.store;
  }

  async start(): Promise<Store> {
    this.store.session.start();
    await this.clock.pass(10);
    assert.equal(this.store.state, 'online');
    return this.store;
  }

  // Until nothing is on its way any more.
  async calm(): Promise<void> {
    await this.clock.pass(120_000);
  }

  texts(): string[] { return this.nova.log(id).map((one) => one.text); }
  seen_texts(): string[] { return this.store.conversations.get(id)!.log.messages().map((one) => one.text); }
}
