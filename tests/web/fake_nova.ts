// A server in memory for the tests of the page's session client: follows the contract where the client relies on it, and
// fails on demand. Time and chance are the test's.
import { webcrypto } from 'node:crypto';
import { Problem } from '../../gateway/web/src/problem.ts';
import type { Api } from '../../gateway/web/src/api.ts';
import type { Clock, SocketLike } from '../../gateway/web/src/rpc_socket.ts';
import type { KeyValueStore } from '../../gateway/web/src/tokens.ts';
import type { Conversation, Message, Page, Seen } from '../../gateway/web/src/types.ts';

// Node 18 has it under another name only.
globalThis.crypto ??= webcrypto as Crypto;

// Lets everything that is ready run.
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i += 1) await new Promise((done) => { setImmediate(done); });
}

export class FakeClock implements Clock {
  private timers_: { at: number; id: number; work: () => void }[] = [];
  private now_ = 1_000_000;
  private id_ = 0;

  now(): number { return this.now_; }

  set(ms: number, work: () => void): number {
    this.id_ += 1;
    this.timers_.push({ at: this.now_ + ms, id: this.id_, work });
    return this.id_;
  }

  clear(timer: number): void {
    this.timers_ = this.timers_.filter((one) => one.id !== timer);
  }

  // Runs what falls due within `ms`, in order.
  async pass(ms: number): Promise<void> {
    const end = this.now_ + ms;
    await settle();
    for (;;) {
      const due = this.timers_.filter((one) => one.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.clear(due.id);
      this.now_ = Math.max(this.now_, due.at);
      due.work();
      await settle();
    }
    this.now_ = end;
  }
}

export class MemoryStore implements KeyValueStore {
  private readonly map_ = new Map<string, string>();
  get length(): number { return this.map_.size; }
  getItem(key: string): string | null { return this.map_.get(key) ?? null; }
  setItem(key: string, value: string): void { this.map_.set(key, value); }
  removeItem(key: string): void { this.map_.delete(key); }
  key(index: number): string | null { return [...this.map_.keys()][index] ?? null; }
}

// A seeded generator (mulberry32): the same seed gives the same run.
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Call {
  id?: number;
  method: string;
  params: Record<string, unknown>;
}

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly calls: Call[] = [];
  open = false;
  closed_by_client = false;
  account = '';
  private readonly on_call_: (socket: FakeSocket, call: Call) => void;

  constructor(on_call: (socket: FakeSocket, call: Call) => void) {
    this.on_call_ = on_call;
  }

  send(text: string): void {
    if (!this.open) throw new Error('not open');
    const call = JSON.parse(text) as Call;
    this.calls.push(call);
    setImmediate(() => { if (this.open) this.on_call_(this, call); });
  }

  close(): void {
    this.closed_by_client = true;
    this.open = false;
  }

  accept(): void {
    this.open = true;
    this.onopen?.();
  }

  answer(call: Call, result: unknown): void {
    if (call.id !== undefined) this.deliver_({ jsonrpc: '2.0', id: call.id, result });
  }

  refuse(call: Call, code: string, status: number, extra: object = {}): void {
    this.deliver_({ jsonrpc: '2.0', id: call.id, error: { code: status * 10, message: code, data: { code, status, ...extra } } });
  }

  push(method: string, params: unknown): void {
    this.deliver_({ jsonrpc: '2.0', method, params });
  }

  end(code: number): void {
    if (!this.open) return;
    this.open = false;
    this.onclose?.({ code });
  }

  private deliver_(message: unknown): void {
    if (this.open) this.onmessage?.({ data: JSON.stringify(message) });
  }
}

export const me = 'account-me';
export const other = 'account-other';

export function message(conversation_id: string, seq: number, fields: Partial<Message> = {}): Message {
  return {
    conversation_id, seq, rev: 0, message_id: `m${seq}`, sender_id: other, client_id: `c${seq}`, text: `text ${seq}`,
    media_ids: [], mentions: [], sent_at: new Date(1_000_000 + seq).toISOString(), recalled: false, reactions: [],
    ...fields,
  };
}

// An answer takes its time: what is pushed meanwhile arrives first.
async function later<T>(answer: T): Promise<T> {
  await new Promise((done) => { setImmediate(() => setImmediate(done)); });
  return answer;
}

// What may go wrong with one call.
export type Fault = 'none' | 'lost_before' | 'lost_after' | 'busy' | 'refused';

// One account's view of Nova: conversations with their messages, any number of sockets.
export class FakeNova {
  readonly logs = new Map<string, Message[]>();
  readonly sockets: FakeSocket[] = [];
  reachable = true;
  replay_limit = 100;
  resumable = true;
  token = 'token-1';
  opened = 0;
  nameless = false;
  // Display names that differ from the account's id; what a profile says goes before.
  readonly names = new Map<string, string>();
  histories = 0;
  resumes: Record<string, Seen>[] = [];
  fault: () => Fault = () => 'none';

  log(id: string): Message[] {
    let log = this.logs.get(id);
    if (!log) this.logs.set(id, log = []);
    return log;
  }

  get socket(): FakeSocket { return this.sockets.at(-1)!; }

  readonly connect = (): FakeSocket => {
    const socket = new FakeSocket((one, call) => this.handle_(one, call));
    this.sockets.push(socket);
    setImmediate(() => {
      if (socket.closed_by_client) return;
      if (this.reachable) socket.accept();
      else { socket.open = true; socket.end(1006); }
    });
    return socket;
  };

  // Somebody writes, or a test does in their name.
  append(id: string, fields: Partial<Message> = {}): Message {
    const log = this.log(id);
    const added = message(id, log.length + 1, fields);
    log.push(added);
    for (const socket of this.sockets) if (socket.account) socket.push('messaging.message', added);
    return added;
  }

  drop(code = 1006): void {
    for (const socket of this.sockets) socket.end(code);
  }

  summary(id: string): Conversation {
    const log = this.log(id);
    const member = (account_id: string) => ({
      account_id, role: 'member', joined_at: '', read_seq: 0, delivered_seq: 0, handle: this.nameless ? '' : account_id,
      display_name: this.nameless ? '' : this.names.get(account_id) ?? account_id,
    });
    const last = log.at(-1);
    return {
      conversation_id: id, kind: 'direct', title: null, members: [member(me), member(other)], last_seq: log.length,
      unread: log.filter((one) => one.sender_id !== me).length, rev: 0, member_count: 2,
      created_at: new Date(0).toISOString(), read_seq: 0, delivered_seq: 0, ...(last ? { last_message: last } : {}),
    };
  }

  // The part of the HTTP side that the store calls.
  api(): Api {
    const guard = () => { if (!this.reachable) throw new Problem({ code: 'offline' }); };
    const api = {
      conversations: async (): Promise<Page<Conversation>> => {
        guard();
        return later({ items: [...this.logs.keys()].map((id) => this.summary(id)), next_cursor: null });
      },
      me: async () => later({ account_id: me, handle: 'me', display_name: this.names.get(me) ?? 'Me' }),
      profile: async (account_id: string) => later({
        account_id, handle: account_id, display_name: this.names.get(account_id) ?? `Name of ${account_id}`,
      }),
      conversation: async (id: string) => { guard(); return later(this.summary(id)); },
      history: async (id: string, range: { before_seq?: number; after_seq?: number; limit: number }) => {
        guard();
        this.histories += 1;
        const log = this.log(id);
        if (range.after_seq !== undefined) {
          return { items: log.slice(range.after_seq, range.after_seq + range.limit) };
        }
        return { items: log.slice(0, (range.before_seq ?? log.length + 1) - 1).slice(-range.limit) };
      },
    };
    return api as unknown as Api;
  }

  private handle_(socket: FakeSocket, call: Call): void {
    if (call.method === 'session.open') return this.open_(socket, call);
    if (call.method !== 'messaging.send') return socket.answer(call, {});
    const fault = this.fault();
    if (fault === 'lost_before') return socket.end(1006);
    if (fault === 'busy') return socket.refuse(call, 'overloaded', 503, { retry_after_s: 1 });
    if (fault === 'refused') return socket.refuse(call, 'blocked', 403);
    if (fault === 'lost_after') this.drop();
    const sent = this.commit_(call.params as { conversation_id: string; client_id: string; text: string });
    return socket.answer(call, { message_id: sent.message_id, seq: sent.seq, sent_at: sent.sent_at });
  }

  private commit_(params: { conversation_id: string; client_id: string; text: string }): Message {
    const known = this.log(params.conversation_id).find((one) => one.client_id === params.client_id);
    return known ?? this.append(params.conversation_id, { sender_id: me, client_id: params.client_id, text: params.text });
  }

  private open_(socket: FakeSocket, call: Call): void {
    const { access_token, resume } = call.params as {
      access_token?: string; resume?: { token: string; seen: Record<string, Seen> };
    };
    if (access_token !== this.token) return socket.refuse(call, 'token_expired', 401);
    this.opened += 1;
    const resumed = resume !== undefined && this.resumable;
    socket.answer(call, { session_id: 's', connection_id: `k${this.opened}`, resume_token: `r${this.opened}`, resumed });
    socket.account = me;
    if (!resumed) return;
    this.resumes.push(resume.seen);
    for (const [id, log] of this.logs) this.replay_(socket, id, log, resume.seen[id]?.seq ?? 0);
  }

  private replay_(socket: FakeSocket, id: string, log: Message[], after: number): void {
    const from = Math.max(after, log.length - this.replay_limit);
    if (from > after) socket.push('session.gap', { conversation_id: id, from_seq: after + 1, to_seq: from });
    for (const missed of log.slice(from)) socket.push('messaging.message', missed);
  }
}
