// JSON-RPC 2.0 over one WebSocket: matches answers to calls, hands pushes on. Used by session.ts only.
import { offline_problem, Problem } from './problem.ts';
import type { Calls, ProblemDocument } from './types.ts';

// What the session needs of a browser's WebSocket; tests give their own.
export interface SocketLike {
  onopen: ((event?: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason?: string }) => void) | null;
  onerror: ((event?: unknown) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface Clock {
  now(): number;
  set(ms: number, work: () => void): number;
  clear(timer: number): void;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (problem: Problem) => void;
  timer: number;
}

interface Incoming {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: ProblemDocument };
}

export interface RpcEvents {
  on_open(): void;
  on_push(method: string, params: unknown): void;
  on_close(code: number): void;
}

// After this long without an answer the socket counts as dead.
export const call_limit_ms = 15_000;

export class RpcSocket {
  private readonly socket_: SocketLike;
  private readonly clock_: Clock;
  private readonly events_: RpcEvents;
  private readonly waiting_ = new Map<number, Waiting>();
  private next_id_ = 1;
  private closed_ = false;
  heard_at: number;

  constructor(socket: SocketLike, clock: Clock, events: RpcEvents) {
    this.socket_ = socket;
    this.clock_ = clock;
    this.events_ = events;
    this.heard_at = clock.now();
    socket.onopen = () => { if (!this.closed_) events.on_open(); };
    socket.onmessage = (event) => this.receive_(event.data);
    socket.onclose = (event) => this.end_(event.code);
    socket.onerror = null;
  }

  call<M extends keyof Calls>(
    method: M, params: Calls[M]['params'], limit_ms = call_limit_ms,
  ): Promise<Calls[M]['result']> {
    if (this.closed_) return Promise.reject(offline_problem());
    const id = this.next_id_;
    this.next_id_ += 1;
    return new Promise((resolve, reject) => {
      const timer = this.clock_.set(limit_ms, () => this.abandon());
      this.waiting_.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      this.write_({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method: string, params: unknown): void {
    if (!this.closed_) this.write_({ jsonrpc: '2.0', method, params });
  }

  // Gives the socket up without waiting for the other side's close.
  abandon(code = 1000): void {
    if (this.closed_) return;
    this.socket_.close(code);
    this.end_(1006);
  }

  private write_(message: unknown): void {
    try {
      this.socket_.send(JSON.stringify(message));
    } catch {
      this.abandon();
    }
  }

  private receive_(data: unknown): void {
    if (this.closed_ || typeof data !== 'string') return;
    this.heard_at = this.clock_.now();
    let message: Incoming;
    try {
      message = JSON.parse(data) as Incoming;
    } catch {
      this.abandon();
      return;
    }
    if (typeof message.method === 'string') {
      this.events_.on_push(message.method, message.params);
      return;
    }
    const waiting = this.waiting_.get(message.id ?? -1);
    if (!waiting) return;
    this.waiting_.delete(message.id ?? -1);
    this.clock_.clear(waiting.timer);
    if (message.error) waiting.reject(problem_of(message.error));
    else waiting.resolve(message.result);
  }

  private end_(code: number): void {
    if (this.closed_) return;
    this.closed_ = true;
    const waiting = [...this.waiting_.values()];
    this.waiting_.clear();
    for (const call of waiting) {
      this.clock_.clear(call.timer);
      call.reject(offline_problem());
    }
    this.events_.on_close(code);
  }
}

function problem_of(error: { code: number; message: string; data?: ProblemDocument }): Problem {
  const document: ProblemDocument = { title: error.message, ...error.data };
  if (!document.code) document.code = error.code === -32602 ? 'invalid_request' : 'internal';
  return new Problem(document);
}
