// The live streams that this window knows, each once; and the keys that were shown to their owner. Fed by HTTP and by pushes that store.ts
// hands on, read by the views of streams. Made by social.ts.
import { page_query, type Api } from './api.ts';
import { Paged } from './paged.ts';
import { as_problem, type Problem } from './problem.ts';
import type { ChatSettings, Ingest, StatePush, Stream, StreamChange, StreamRequest, StreamState, ViewersPush } from './stream_types.ts';
import type { Page } from './types.ts';

const list_page = 30;

export const listed_states = ['live', 'waiting', 'ended'] as const;
export type ListedState = (typeof listed_states)[number];

export class Streams {
  private readonly api_: Api;
  private readonly changed_: () => void;
  private readonly known_ = new Map<string, Stream>();
  private readonly lists_ = new Map<ListedState, Paged<Stream>>();
  // Keys cannot be asked for again: they live as long as this window.
  private readonly keys_ = new Map<string, Ingest>();
  private readonly problems_ = new Map<string, Problem>();

  constructor(api: Api, changed: () => void) {
    this.api_ = api;
    this.changed_ = changed;
  }

  get(stream_id: string): Stream | undefined { return this.known_.get(stream_id); }
  problem(stream_id: string): Problem | undefined { return this.problems_.get(stream_id); }
  key(stream_id: string): Ingest | undefined { return this.keys_.get(stream_id); }

  list(state: ListedState): Paged<Stream> {
    let list = this.lists_.get(state);
    if (!list) {
      list = new Paged<Stream>((cursor) => this.api_.call<Page<Stream>>('GET', `/v1/streams?state=${state}&${page_query(list_page, cursor)}`),
        (stream) => stream.stream_id, this.changed_, (page) => { for (const stream of page.items) this.take_(stream); });
      this.lists_.set(state, list);
    }
    return list;
  }

  async read(stream_id: string): Promise<void> {
    try {
      this.take_(await this.api_.call<Stream>('GET', `/v1/streams/${stream_id}`));
      this.problems_.delete(stream_id);
    } catch (error) {
      this.problems_.set(stream_id, as_problem(error));
      if (as_problem(error).status === 404) this.known_.delete(stream_id);
    }
    this.changed_();
  }

  async create(wanted: StreamRequest, key: string): Promise<Stream> {
    const { ingest, ...made } = await this.api_.call<Stream>('POST', '/v1/streams', wanted, { 'idempotency-key': key });
    if (ingest) this.keys_.set(made.stream_id, ingest);
    this.take_(made);
    this.lists_.clear();
    this.changed_();
    return made;
  }

  async renew_key(stream_id: string): Promise<void> {
    const { ingest } = await this.api_.call<{ ingest: Ingest }>('POST', `/v1/streams/${stream_id}/key`);
    this.keys_.set(stream_id, ingest);
    this.changed_();
  }

  async change(stream_id: string, change: StreamChange): Promise<void> {
    this.take_(await this.api_.call<Stream>('PATCH', `/v1/streams/${stream_id}`, change));
    this.changed_();
  }

  async remove(stream_id: string): Promise<void> {
    await this.api_.call('DELETE', `/v1/streams/${stream_id}`);
    this.known_.delete(stream_id);
    this.keys_.delete(stream_id);
    for (const list of this.lists_.values()) list.remove(stream_id);
    this.changed_();
  }

  on_state({ stream_id, state, started_at, ended_at }: StatePush): void { this.alter_(stream_id, { state, started_at, ended_at }); }
  on_viewers({ stream_id, viewers, peak }: ViewersPush): void { this.alter_(stream_id, { viewers, peak }); }

  // The chat of a stream. An account that may see the stream may join.
  join(conversation_id: string): Promise<void> { return this.api_.call('POST', `/v1/conversations/${conversation_id}/join`); }

  set_chat(conversation_id: string, change: Partial<ChatSettings>): Promise<void> {
    return this.api_.call('PUT', `/v1/conversations/${conversation_id}/chat`, change);
  }

  // Until then the member reads and does not write; without a time the account is removed and may not come back.
  ban(conversation_id: string, account_id: string, until?: string): Promise<void> {
    return this.api_.call('PUT', `/v1/conversations/${conversation_id}/bans/${account_id}`, until ? { until } : {});
  }

  private alter_(stream_id: string, some: Partial<Stream>): void {
    const known = this.known_.get(stream_id);
    if (!known) return;
    this.known_.set(stream_id, { ...known, ...some });
    this.changed_();
  }

  private take_(stream: Stream): void { this.known_.set(stream.stream_id, stream); }
}

export const state_words: Record<StreamState, string> = { waiting: 'Not begun', live: 'Live', interrupted: 'Interrupted', ended: 'Ended' };

// What the encoder's last seconds say of it.
export interface Arriving {
  width: number;
  height: number;
  bits_s: number;
  behind_s: number;
}

export function arriving_text({ width, height, bits_s, behind_s }: Arriving): string {
  const rate = bits_s >= 1e6 ? `${(bits_s / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits_s / 1000)} kbit/s`;
  return [width > 0 ? `${width} × ${height}` : '', bits_s > 0 ? rate : '', behind_s > 0 ? `shown ${Math.round(behind_s)} s later` : '']
    .filter((part) => part !== '').join(', ');
}
