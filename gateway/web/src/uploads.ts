// The files beside a text that is being written: each is sent at once, shows how far it is, can be cancelled, tried again and described.
// Made by store.ts, one list for each field; shown by view/attach.tsx. Knows nothing of the page.
import { kind_of, type KeptMedium, type Media, type MediaKind, type Purpose } from './media_types.ts';
import { as_problem, type Problem } from './problem.ts';
import { random_id } from './random_id.ts';
import type { SendFile } from './upload.ts';

export const sent_at_once = 2;
export const alt_points = 1_500;

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly kind: MediaKind;
  readonly size: number;
  // Null: it was sent before a reload.
  readonly file: File | null;
  // Of a picture, an address in this window.
  readonly preview: string;
  state: 'waiting' | 'sending' | 'failed' | 'done';
  // From 0 to 1.
  part: number;
  problem: Problem | null;
  media_id: string;
  alt: string;
}

export interface UploadCalls {
  send: SendFile;
  describe: (media_id: string, alt: string) => Promise<Media>;
  took: (media: Media) => void;
}

export class UploadList {
  items: Upload[] = [];
  readonly most: number;
  private readonly calls_: UploadCalls;
  private readonly purpose_: Purpose;
  private readonly watchers_ = new Set<() => void>();
  private readonly running_ = new Map<string, AbortController>();

  constructor(calls: UploadCalls, purpose: Purpose, most: number) {
    this.calls_ = calls;
    this.purpose_ = purpose;
    this.most = most;
  }

  get empty(): boolean { return this.items.length === 0; }
  get busy(): boolean { return this.items.some(({ state }) => state === 'waiting' || state === 'sending'); }
  get failed(): boolean { return this.items.some(({ state }) => state === 'failed'); }
  get room(): number { return this.most - this.items.length; }

  media_ids(): string[] { return this.items.flatMap(({ media_id }) => (media_id ? [media_id] : [])); }

  // What outlives a reload.
  kept(): KeptMedium[] {
    return this.items.filter(({ state }) => state === 'done').map(({ media_id, name, kind, alt }) => ({ media_id, name, kind, alt }));
  }

  watch(changed: () => void): () => void {
    this.watchers_.add(changed);
    return () => { this.watchers_.delete(changed); };
  }

  restore(kept: KeptMedium[]): void {
    if (!this.empty || kept.length === 0) return;
    this.items = kept.slice(0, this.most).map((one) => ({
      ...one, id: random_id(), size: 0, file: null, preview: '', state: 'done', part: 1, problem: null,
    }));
    this.tell_();
  }

  // As many as there is room for. Returns how many were left out.
  add(files: File[]): number {
    const taken = files.slice(0, Math.max(0, this.room));
    this.items = [...this.items, ...taken.map((file) => {
      const kind = kind_of(file.type);
      return {
        id: random_id(), name: file.name || 'Picture', kind, size: file.size, file, state: 'waiting', part: 0, problem: null, media_id: '',
        preview: kind === 'image' ? URL.createObjectURL(file) : '',
        // Of what is not seen the name says most.
        alt: kind === 'file' ? file.name : kind === 'audio' ? file.name.replace(/\.\w+$/, '') : '',
      } satisfies Upload;
    })];
    this.tell_();
    this.pump_();
    return files.length - taken.length;
  }

  remove(id: string): void {
    const gone = this.items.find((one) => one.id === id);
    if (!gone) return;
    this.items = this.items.filter((one) => one !== gone);
    this.drop_(gone);
    this.tell_();
    this.pump_();
  }

  retry(id: string): void {
    const found = this.items.find((one) => one.id === id);
    if (found?.state !== 'failed' || !found.file) return;
    found.state = 'waiting';
    found.problem = null;
    this.tell_();
    this.pump_();
  }

  // Before the upload has ended, the words wait for it.
  async describe(id: string, alt: string): Promise<void> {
    const found = this.items.find((one) => one.id === id);
    if (!found || found.alt === alt) return;
    found.alt = alt;
    this.tell_();
    if (found.media_id) this.calls_.took(await this.calls_.describe(found.media_id, alt));
  }

  // All are used, or given up: what is on its way ends.
  clear(): void {
    const before = this.items;
    this.items = [];
    for (const one of before) this.drop_(one);
    this.tell_();
  }

  private drop_(one: Upload): void {
    this.running_.get(one.id)?.abort();
    this.running_.delete(one.id);
    if (one.preview) URL.revokeObjectURL(one.preview);
  }

  private tell_(): void { for (const changed of [...this.watchers_]) changed(); }

  private pump_(): void {
    for (const one of this.items) {
      if (this.running_.size >= sent_at_once) return;
      if (one.state === 'waiting') void this.send_(one);
    }
  }

  private async send_(one: Upload): Promise<void> {
    const stop = new AbortController();
    this.running_.set(one.id, stop);
    one.state = 'sending';
    one.part = 0;
    this.tell_();
    try {
      const media = await this.calls_.send(one.file!, {
        purpose: this.purpose_, signal: stop.signal, progress: (part) => { one.part = part; this.tell_(); },
      });
      if (stop.signal.aborted) return;
      this.calls_.took(one.alt ? await this.calls_.describe(media.media_id, one.alt).catch(() => media) : media);
      one.media_id = media.media_id;
      one.part = 1;
      one.state = 'done';
    } catch (error) {
      if (stop.signal.aborted) return;
      one.state = 'failed';
      one.problem = as_problem(error);
    }
    this.running_.delete(one.id);
    this.tell_();
    this.pump_();
  }
}

// The lists of this window by the names of their fields: a conversation's id, "post", or what a dialog is called.
export class Uploads {
  private readonly calls_: UploadCalls;
  private readonly lists_ = new Map<string, UploadList>();

  constructor(calls: UploadCalls) {
    this.calls_ = calls;
  }

  of(field: string, purpose: Purpose, most: number): UploadList {
    let list = this.lists_.get(field);
    if (!list) {
      list = new UploadList(this.calls_, purpose, most);
      this.lists_.set(field, list);
    }
    return list;
  }

  // The field is gone for good.
  forget(field: string): void {
    this.lists_.get(field)?.clear();
    this.lists_.delete(field);
  }

  stop(): void { for (const field of [...this.lists_.keys()]) this.forget(field); }
}
