// How media are named, measured and laid out; pure, used by the views that upload and show them.
import { gateways } from '../gateways.ts';
import type { Media, MediaKind } from '../media_types.ts';

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
const size_format = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

// 204,800 → "204.8 kB".
export function size_text(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size_format.format(size)} ${units[unit]}`;
}

// 75 s → "1:15"; from an hour on with hours.
export function length_text(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

export const kind_words: Record<MediaKind, string> = { image: 'Picture', video: 'Film', audio: 'Sound', file: 'File' };

const known_types: Record<string, string> = {
  'application/pdf': 'PDF', 'application/zip': 'ZIP archive', 'application/json': 'JSON', 'text/plain': 'Text', 'text/csv': 'Table (CSV)',
  'text/html': 'Web page', 'image/svg+xml': 'Drawing (SVG)',
};

// "PDF", or the last part of the type.
export function type_text(content_type: string): string {
  const bare = content_type.split(';')[0]!.trim();
  const last = bare.split('/')[1] ?? '';
  return known_types[bare] ?? (last === '' || last === 'octet-stream' || last.length > 12 ? 'File' : last.replace(/^x-/, '').toUpperCase());
}

export const is_seen = (media: Media): boolean => media.kind === 'image' || media.kind === 'video';

// What assistive tools say of a medium.
export function label_of(media: Media): string {
  const word = kind_words[media.kind];
  return media.alt ? `${word}: ${media.alt}` : `${word} without a description`;
}

const ratio_least = 0.6;
const ratio_most = 2.4;

// Width by height of the box of a single picture: neither a tower nor a thread.
export function box_ratio(media: Media): number {
  if (!media.width || !media.height) return 16 / 9;
  return Math.min(ratio_most, Math.max(ratio_least, media.width / media.height));
}

// Pictures of a post or message that are shown beside each other; the rest is behind the last one.
export const shown_most = 4;

// `srcset` of the variants of one type; empty: there are none.
export function source_set(media: Media, type: '' | '_avif'): string {
  return ['320', '1280'].flatMap((name) => {
    const variant = media.variants[`${name}${type}`];
    return variant ? [`${gateways.address(variant.url)} ${variant.width}w`] : [];
  }).join(', ');
}

// Bars of a waveform: the loudest of each part, from 0 to 1. Quiet sounds fill the height, too.
export function bars(peaks: readonly number[], count: number): number[] {
  if (peaks.length === 0) return Array.from({ length: count }, () => 0.3);
  const most = Math.max(1, ...peaks);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to)) / most;
  });
}
