// A post's text cut into plain text, mentions, hashtags and links, and what the fields of a post count. Used by the views of posts.
import { text_parts } from './format.ts';
import type { TextEntity } from '../social_types.ts';

export const post_limit = 10_000;
export const warning_limit = 200;
export const option_limit = 100;
export const options_most = 6;

export interface RichPart {
  text: string;
  kind: 'text' | 'link' | 'mention' | 'hashtag';
  // Of a link: the address. Of a mention: the account. Of a hashtag: the folded tag.
  to: string;
}

// Entities are counted in code points. What is not an entity may still hold a web address.
export function rich_parts(text: string, entities: TextEntity[]): RichPart[] {
  const points = [...text];
  const parts: RichPart[] = [];
  const add_plain = (from: number, to: number) => {
    for (const { text: piece, href } of text_parts(points.slice(from, to).join(''))) {
      parts.push({ text: piece, kind: href ? 'link' : 'text', to: href ?? '' });
    }
  };
  let at = 0;
  for (const { kind, start, end, account_id, tag } of [...entities].sort((a, b) => a.start - b.start)) {
    if (kind === 'link' || start < at || end > points.length || end <= start) continue;
    if (start > at) add_plain(at, start);
    const piece = points.slice(start, end).join('');
    parts.push({ text: piece, kind, to: kind === 'mention' ? account_id ?? '' : tag ?? piece.slice(1) });
    at = end;
  }
  if (at < points.length) add_plain(at, points.length);
  return parts;
}

export function code_points(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

// 1,234 → 1.2K, as the languages of readers write it.
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
export const short_count = (count: number): string => compact.format(count);

export function plural(count: number, one: string, many: string): string {
  return `${short_count(count)} ${count === 1 ? one : many}`;
}
