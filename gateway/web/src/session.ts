// The session with Nova, independent of the page: connects, resumes, re-sends; used by store.ts.
//
// States: `connecting` → `online` → `waiting` (back-off, then `connecting` again); `replaced` (another window resumed this
// session: nothing happens until take_over) and `signed_out` (the tokens are worth nothing) end the loop.
//
// A message goes into the outbox before it is sent and leaves it with the answer; after a loss in between it is sent
// again with the same client_id, in order within its conversation, so it is neither lost nor doubled.
import { Outbox, outbox_limit, type OutboxEntry } from './outbox.ts';
import { as_problem, offline_problem, Problem } from './problem.ts';
import { RpcSocket, type Clock, type SocketLike } from './rpc_socket.ts';
import type { Calls, Seen } from './types.ts';
import type { AccessTokens } from './api.ts';

export type SessionState =
  'stopped' | 'connecting' | 'online' | 'waiting' | 'replaced' | 'signed_out';

export interface SessionEvents {
  // retry_at: when the next attempt starts (Unix milliseconds), 0 unless waiting.
  on_state(state: SessionState, retry_at: number): void;
  // The socket is authenticated. Not resumed: nothing is replayed, the caller reads what it needs again.
  on_open(resumed: boolean): void;
  on_push(method: string, params: unknown): void;
  on_outbox(entry: OutboxEntry): void;
  seen(): Record<string, Seen>;
}

export interface SessionOptions {
  open_socket: () => SocketLike;
  tokens: AccessTokens & { renew_at(): number };
  outbox: Outbox;
  clock: Clock;
  random: () => number;
  events: SessionEvents;
}

export const session_limits = {
  backoff_first_ms: 500, // ceiling of the first wait; doubles with each failure
  backoff_most_ms: 30_000,
  abuse_wait_ms: 10_000, // least wait after 1008
  open_ms: 10_000, // from the start of an attempt to the answer of session.open
  steady_ms: 5_000, // a connection that lived this long starts the back-off anew
  quiet_ms: 40_000, // without a word for this long the socket is asked whether it lives
  quiet_answer_ms: 8_000,
  resend_ms: 1_000, // ceiling of the first wait after a retryable refusal of a send; doubles
} as const;

export class Session {
  private readonly options_: SessionOptions;
  private rpc_: RpcSocket | null = null;
  private state_: SessionState = 'stopped';
  private resume_token_ = '';
  private token_ = '';
  private attempt_ = 0;
  private refused_ = 0;
  private generation_ = 0;
  private online_since_ = 0;
  private retry_timer_ = 0;
  private open_timer_ = 0;
  private quiet_timer_ = 0;
  private renew_timer_ = 0;
  private readonly in_flight_ = new Set<string>();
  private readonly held_back_ = new Map<string, number>();

  constructor(options: SessionOptions) {
    this.options_ = options;
  }

  get state(): SessionState { return this.state_; }

  start(): void {
    if (this.state_ !== 'stopped') return;
    this.connect_();
  }

  stop(): void {
    this.enter_('stopped');
    this.drop_();
  }

  // The network is back, or the window is looked at again: no need to wait out the back-off.
  nudge(): void {
    if (this.state_ === 'waiting') this.connect_();
    else if (this.state_ === 'online') this.probe_();
  }

  // The browser says that the network is gone: the socket is given up before its own silence tells. Attempts go on, because a
  // server on this machine can still be reached.
  network_lost(): void {
    if (this.state_ === 'online' || this.state_ === 'connecting') this.lost_(1006);
  }

  // After `replaced`: this window takes the session back.
  take_over(): void {
    if (this.state_ === 'replaced') this.connect_();
  }

  // Rejects with `offline` when there is no connection or it is lost before the answer.
  call<M extends keyof Calls>(method: M, params: Calls[M]['params']): Promise<Calls[M]['result']> {
    if (!this.rpc_ || this.state_ !== 'online') return Promise.reject(offline_problem());
    return this.rpc_.call(method, params);
  }

  notify<M extends keyof Calls>(method: M, params: Calls[M]['params']): void {
    if (this.state_ === 'online') this.rpc_?.notify(method, params);
  }

  send(fields: { conversation_id: string; text: string; media_ids?: string[]; reply_to?: number; client_id: string }) {
    const { outbox, clock, events } = this.options_;
    if (outbox.full) {
      throw new Problem({
        code: 'outbox_full',
        detail: `${outbox_limit} messages are waiting to be sent. Please wait for the connection.`,
      });
    }
    const entry = outbox.add({ ...fields, created_at: clock.now() });
    events.on_outbox(entry);
    this.pump_();
    return entry;
  }

  // A failed message is tried again with its own client_id.
  retry(client_id: string): void {
    const entry = this.options_.outbox.get(client_id);
    if (entry?.state !== 'failed') return;
    entry.state = 'sending';
    delete entry.problem;
    this.options_.outbox.put(entry);
    this.options_.events.on_outbox(entry);
    this.pump_();
  }

  discard(client_id: string): void {
    const entry = this.options_.outbox.get(client_id);
    if (entry?.state !== 'failed') return;
    this.options_.outbox.remove(client_id);
    this.options_.events.on_outbox(entry);
  }

  // A message of this account arrived by push or history: if it is ours, it is sent.
  arrived(client_id: string): void {
    if (this.options_.outbox.get(client_id)) this.options_.outbox.remove(client_id);
  }

  private connect_(): void {
    this.drop_();
    this.enter_('connecting');
    const generation = this.generation_;
    this.open_timer_ = this.options_.clock.set(session_limits.open_ms, () => this.lost_(1006));
    const rpc = new RpcSocket(this.options_.open_socket(), this.options_.clock, {
      on_open: () => void this.open_(rpc, generation),
      on_push: (method, params) => {
        if (generation === this.generation_) this.options_.events.on_push(method, params);
      },
      on_close: (code) => {
        if (generation === this.generation_) void this.closed_(code);
      },
    });
    this.rpc_ = rpc;
  }

  private async open_(rpc: RpcSocket, generation: number): Promise<void> {
    const { tokens, events, clock } = this.options_;
    let asked = false;
    try {
      this.token_ = await tokens.access();
      if (generation !== this.generation_) return;
      const resume = this.resume_token_
        ? { resume: { token: this.resume_token_, seen: events.seen() } } : {};
      asked = true;
      const reply = await rpc.call('session.open', { access_token: this.token_, ...resume });
      if (generation !== this.generation_) return;
      clock.clear(this.open_timer_);
      this.resume_token_ = reply.resume_token;
      this.refused_ = 0;
      this.online_since_ = clock.now();
      this.enter_('online');
      this.watch_();
      events.on_open(reply.resumed);
      this.pump_();
    } catch (error) {
      if (generation !== this.generation_) return;
      const problem = as_problem(error);
      if (problem.status === 401 && asked) await this.closed_(4401);
      else this.lost_(1006, problem.retry_after_s * 1000);
    }
  }

  private async closed_(code: number): Promise<void> {
    if (this.state_ === 'signed_out' || this.state_ === 'stopped') return;
    if (code === 4409) {
      this.drop_();
      this.enter_('replaced');
      return;
    }
    if (code !== 4401) {
      this.lost_(code);
      return;
    }
    this.drop_();
    this.enter_('connecting');
    const generation = this.generation_;
    this.refused_ += 1;
    const renewed = await this.renew_();
    if (generation !== this.generation_ || this.is_over_()) return;
    // Once a fresh token is used at once; if that is refused too, the server is not itself.
    if (renewed && this.refused_ < 2) this.connect_();
    else this.lost_(1006);
  }

  private is_over_(): boolean {
    return this.state_ === 'signed_out' || this.state_ === 'stopped';
  }

  // True when there is a new access token.
  private async renew_(): Promise<boolean> {
    const { tokens } = this.options_;
    try {
      await tokens.renew(this.token_);
      return true;
    } catch (error) {
      if (as_problem(error).status === 401) this.signed_out();
      return false;
    }
  }

  signed_out(): void {
    if (this.is_over_()) return;
    this.drop_();
    this.enter_('signed_out');
  }

  // Waits, then connects again: full jitter, so that a thousand clients do not come back in one second.
  private lost_(code: number, least_ms = 0): void {
    const { clock, random } = this.options_;
    const steady = this.online_since_ > 0
      && clock.now() - this.online_since_ >= session_limits.steady_ms;
    if (steady) this.attempt_ = 0;
    this.drop_();
    const ceiling = Math.min(session_limits.backoff_most_ms,
      session_limits.backoff_first_ms * 2 ** Math.min(this.attempt_, 16));
    this.attempt_ += 1;
    const least = Math.max(least_ms, code === 1008 ? session_limits.abuse_wait_ms : 0);
    const wait = least + Math.floor(random() * ceiling);
    this.enter_('waiting', clock.now() + wait);
    this.retry_timer_ = clock.set(wait, () => this.connect_());
  }

  private drop_(): void {
    const { clock } = this.options_;
    this.generation_ += 1;
    this.online_since_ = 0;
    for (const timer of [this.retry_timer_, this.open_timer_, this.quiet_timer_, this.renew_timer_]) {
      clock.clear(timer);
    }
    for (const timer of this.held_back_.values()) clock.clear(timer);
    this.held_back_.clear();
    this.in_flight_.clear();
    const rpc = this.rpc_;
    this.rpc_ = null;
    rpc?.abandon();
  }

  private enter_(state: SessionState, retry_at = 0): void {
    this.state_ = state;
    this.options_.events.on_state(state, retry_at);
  }

  // While online: notices a dead socket, and renews the access token before it ends.
  private watch_(): void {
    const { clock, tokens } = this.options_;
    this.quiet_timer_ = clock.set(session_limits.quiet_ms, () => {
      const quiet = clock.now() - (this.rpc_?.heard_at ?? 0);
      if (quiet >= session_limits.quiet_ms) this.probe_();
      this.restart_quiet_();
    });
    const left = Math.max(1000, tokens.renew_at() - clock.now());
    this.renew_timer_ = clock.set(Math.min(left, 2 ** 31 - 1), () => void this.reopen_());
  }

  private restart_quiet_(): void {
    if (this.state_ !== 'online') return;
    this.options_.clock.clear(this.quiet_timer_);
    this.options_.clock.clear(this.renew_timer_);
    this.watch_();
  }

  private probe_(): void {
    this.rpc_?.call('user.me', {}, session_limits.quiet_answer_ms).catch(() => {});
  }

  private async reopen_(): Promise<void> {
    const generation = this.generation_;
    try {
      const access_token = await this.options_.tokens.access();
      if (generation !== this.generation_ || !this.rpc_) return;
      this.token_ = access_token;
      const reply = await this.rpc_.call('session.open', { access_token });
      if (generation !== this.generation_) return;
      if (reply.resume_token) this.resume_token_ = reply.resume_token;
      this.restart_quiet_();
    } catch {
      // The server closes with 4401 when the old token ends; that path renews.
    }
  }

  // One message in flight per conversation: its order is the order in which it was written.
  private pump_(): void {
    if (this.state_ !== 'online') return;
    const busy = new Set([...this.in_flight_, ...this.held_back_.keys()]);
    for (const entry of this.options_.outbox.all()) {
      if (entry.state !== 'sending' || busy.has(entry.conversation_id)) continue;
      busy.add(entry.conversation_id);
      void this.transmit_(entry);
    }
  }

  private async transmit_(entry: OutboxEntry): Promise<void> {
    const { outbox, events } = this.options_;
    const { conversation_id, client_id, text, media_ids, reply_to } = entry;
    const generation = this.generation_;
    this.in_flight_.add(conversation_id);
    try {
      const params = {
        conversation_id, client_id, text, ...(media_ids ? { media_ids } : {}), ...(reply_to === undefined ? {} : { reply_to }),
      };
      const reply = await this.rpc_!.call('messaging.send', params);
      const sent = outbox.answered(client_id, reply.seq, reply.sent_at);
      if (sent) events.on_outbox(sent);
    } catch (error) {
      if (generation === this.generation_) this.refused_send_(entry, as_problem(error));
    }
    if (generation !== this.generation_) return;
    this.in_flight_.delete(conversation_id);
    this.pump_();
  }

  private refused_send_(entry: OutboxEntry, problem: Problem): void {
    const { outbox, events, clock, random } = this.options_;
    if (problem.status === 401) {
      void this.closed_(4401);
      return;
    }
    if (problem.retryable) {
      const tries = (entry.tries ?? 0) + 1;
      entry.tries = tries;
      const ceiling = Math.min(session_limits.backoff_most_ms, session_limits.resend_ms * 2 ** tries);
      const wait = Math.max(problem.retry_after_s * 1000, 50) + Math.floor(random() * ceiling);
      const timer = clock.set(wait, () => {
        this.held_back_.delete(entry.conversation_id);
        this.pump_();
      });
      this.held_back_.set(entry.conversation_id, timer);
      return;
    }
    if (outbox.get(entry.client_id) !== entry) return;
    entry.state = 'failed';
    entry.problem = { code: problem.code, status: problem.status, detail: problem.message };
    outbox.put(entry);
    events.on_outbox(entry);
  }
}
