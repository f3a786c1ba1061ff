// One list that the server gives in pages, and where its reader is. Made by social.ts and the views; drawn by view/virtual_rows.tsx.
import type { VirtualItem } from '@tanstack/virtual-core';
import { as_problem, type Problem } from './problem.ts';
import type { Page } from './types.ts';

// Where the reader of a list was, for the way back to it.
export interface Place {
  offset: number;
  active: string;
  // The heights that were measured, as the virtual list knows them.
  sizes: VirtualItem[];
}

export class Paged<T, P extends Page<T> = Page<T>> {
  items: T[] = [];
  loading = false;
  loaded = false;
  problem: Problem | null = null;
  readonly place: Place = { offset: 0, active: '', sizes: [] };
  private readonly read_: (cursor?: string) => Promise<P>;
  private readonly key_: (item: T) => string;
  private readonly changed_: () => void;
  private readonly took_: (page: P) => void;
  private cursor_: string | null = null;
  // Raised by each reading from the start: an older answer is dropped.
  private round_ = 0;

  constructor(
    read: (cursor?: string) => Promise<P>, key: (item: T) => string, changed: () => void, took: (page: P) => void = () => {},
  ) {
    this.read_ = read;
    this.key_ = key;
    this.changed_ = changed;
    this.took_ = took;
  }

  get complete(): boolean { return this.loaded && this.cursor_ === null; }

  // The first page, once.
  open(): void {
    if (!this.loaded && !this.loading) void this.refresh();
  }

  // From the start; what is shown stays until the answer is here.
  async refresh(): Promise<void> {
    this.round_ += 1;
    await this.page_(undefined);
  }

  async more(): Promise<void> {
    if (this.loading || this.cursor_ === null || this.problem) return;
    await this.page_(this.cursor_);
  }

  // After a failure. A cursor that the server no longer takes begins the list anew.
  async again(): Promise<void> {
    const stale = this.problem?.status === 400;
    this.problem = null;
    if (!this.loaded || stale) await this.refresh();
    else await this.more();
  }

  put_first(item: T): void {
    const key = this.key_(item);
    this.items = [item, ...this.items.filter((one) => this.key_(one) !== key)];
    this.changed_();
  }

  put_last(item: T): void {
    const key = this.key_(item);
    this.items = [...this.items.filter((one) => this.key_(one) !== key), item];
    this.changed_();
  }

  remove(key: string): void {
    this.items = this.items.filter((one) => this.key_(one) !== key);
    this.changed_();
  }

  replace(item: T): void {
    const key = this.key_(item);
    this.items = this.items.map((one) => (this.key_(one) === key ? item : one));
    this.changed_();
  }

  private async page_(cursor: string | undefined): Promise<void> {
    const round = this.round_;
    this.loading = true;
    this.problem = null;
    this.changed_();
    try {
      const page = await this.read_(cursor);
      if (round !== this.round_) return;
      this.took_(page);
      const before = cursor === undefined ? [] : this.items;
      const known = new Set(before.map((item) => this.key_(item)));
      this.items = [...before, ...page.items.filter((item) => !known.has(this.key_(item)))];
      this.cursor_ = page.next_cursor ?? null;
      this.loaded = true;
    } catch (error) {
      if (round !== this.round_) return;
      this.problem = as_problem(error);
    }
    this.loading = false;
    this.changed_();
  }
}
