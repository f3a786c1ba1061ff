// Rows of a list that comes in pages: its items, and below them the word on what comes next. Used by every page with a list.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Paged } from '../paged.ts';
import { problem_text } from '../problem.ts';
import type { Page } from '../types.ts';
import type { Row } from './virtual_rows.tsx';

// Reads the first page when the list is shown.
export function useList<T, P extends Page<T>>(list: Paged<T, P>): void {
  useEffect(() => list.open());
}

interface Options<T> {
  key: (item: T) => string;
  draw: (item: T) => ComponentChildren;
  // Said when there is nothing.
  empty: ComponentChildren;
  // Said behind the last one.
  end?: string;
}

export function list_rows<T, P extends Page<T>>(list: Paged<T, P>, { key, draw, empty, end = '' }: Options<T>): Row[] {
  const rows: Row[] = list.items.map((item) => ({ key: key(item), article: true, draw: () => draw(item) }));
  const tail = (view: ComponentChildren) => rows.push({ key: 'tail', article: false, draw: () => view });
  if (list.problem) {
    tail(
      <div class="list-tail" role="alert">
        <p>{problem_text(list.problem)}</p>
        <button type="button" class="secondary" onClick={() => void list.again()}>Try again</button>
      </div>);
  } else if (!list.complete) tail(<p class="list-tail" role="status">Loading…</p>);
  else if (list.items.length === 0) tail(<div class="list-tail">{empty}</div>);
  else if (end) tail(<p class="list-tail">{end}</p>);
  return rows;
}
