// What is looked for: words, kind and filters, as the address of the page has them and as the server is asked. Pure; used by routes.ts,
// social_api.ts and view/search_page.tsx.
import type { Highlight, SearchKind } from './search_types.ts';

export interface Search {
  q: string;
  kind: SearchKind;
  // A handle or an id.
  from: string;
  // A conversation.
  in: string;
  // Days as 2026-11-30 in the person's own time zone, both included.
  since: string;
  until: string;
  language: string;
}

export const search_most = 256;
export const search_kinds: SearchKind[] = ['', 'users', 'posts', 'messages'];
const filters = ['from', 'in', 'since', 'until', 'language'] as const;
export type Filter = (typeof filters)[number];

export const no_search: Search = { q: '', kind: '', from: '', in: '', since: '', until: '', language: '' };

// Filters that have a meaning for the kind: people have none but the time.
export function filters_of(kind: SearchKind): Filter[] {
  if (kind === 'users') return ['since', 'until'];
  if (kind === 'posts') return ['from', 'since', 'until', 'language'];
  return kind === 'messages' ? ['from', 'in', 'since', 'until'] : ['from', 'since', 'until'];
}

export function count_filters(search: Search): number {
  return filters_of(search.kind).filter((name) => search[name] !== '').length;
}

// Behind "#/search": "/words/kind?from=…".
export function search_path(search: Search): string {
  const some = new URLSearchParams(filters_of(search.kind).flatMap((name) => (search[name] ? [[name, search[name]]] : []))).toString();
  const words = encodeURIComponent(search.q);
  const kind = search.kind || (some ? 'all' : '');
  return `${words || kind ? `/${words}` : ''}${kind ? `/${kind}` : ''}${some ? `?${some}` : ''}`;
}

// Null: it means nothing.
export function search_of(words: string, rest: string): Search | null {
  const [kind = '', query = ''] = rest.split('?');
  const found = search_kinds.find((one) => one === (kind === 'all' ? '' : kind));
  if (found === undefined) return null;
  const search: Search = { ...no_search, q: words, kind: found };
  const given = new URLSearchParams(query);
  for (const name of filters_of(found)) search[name] = given.get(name) ?? '';
  return search;
}

const day_pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

// The beginning of the day, `later` days after it, in the person's time zone.
function day_start(day: string, later: number): string {
  const [, year, month, date] = day_pattern.exec(day) ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

// The query of GET /v1/search.
export function search_query(search: Search): string {
  const asked = new URLSearchParams({ q: search.q });
  const add = (name: string, value: string) => { if (value) asked.set(name, value); };
  add('kind', search.kind);
  for (const name of filters_of(search.kind)) {
    if (name === 'since') add(name, day_start(search.since, 0));
    else if (name === 'until') add(name, day_start(search.until, 1));
    else add(name, name === 'from' ? search.from.trim().replace(/^@/, '') : search[name]);
  }
  return asked.toString();
}

// The pieces of a field with what was found; without a highlight the field as it is.
export function parts_of(highlights: Highlight[], field: string, text: string): Highlight['parts'] {
  return highlights.find((one) => one.field === field)?.parts ?? [{ text, hit: false }];
}
