// Who is online: asks the server to tell of the people on the screen, and keeps what it tells. Used by store.ts.
import type { Clock } from './rpc_socket.ts';
import type { Session } from './session.ts';
import type { Presence } from './types.ts';

const delay_ms = 250;
const people_limit = 1_000;

export class PresenceWatch {
  private readonly session_: Session;
  private readonly clock_: Clock;
  private readonly wanted_: () => Set<string>;
  private readonly known_ = new Map<string, Presence>();
  private timer_ = 0;
  private asked_ = '';

  constructor(session: Session, clock: Clock, wanted: () => Set<string>) {
    this.session_ = session;
    this.clock_ = clock;
    this.wanted_ = wanted;
  }

  of(account_id: string): Presence | undefined { return this.known_.get(account_id); }

  take(presence: Presence): void { this.known_.set(presence.account_id, presence); }

  // The subscription ended with the connection.
  lost(): void { this.asked_ = ''; }

  // Some people came on the screen or left it.
  watch(): void {
    if (this.timer_) return;
    this.timer_ = this.clock_.set(delay_ms, () => {
      this.timer_ = 0;
      void this.subscribe_();
    });
  }

  private async subscribe_(): Promise<void> {
    const account_ids = [...this.wanted_()].slice(0, people_limit);
    const asked = account_ids.slice().sort().join();
    if (this.session_.state !== 'online' || asked === this.asked_) return;
    this.asked_ = asked;
    try {
      // Each one's state now comes as a push.
      await this.session_.call('presence.subscribe', { account_ids });
    } catch {
      this.asked_ = '';
    }
  }
}
