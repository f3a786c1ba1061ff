// Times and days as people say them, and the links inside a text; used by the views.

const clock_format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday_format = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const day_format = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' });
const far_format = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const short_format = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full_format = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export function clock_time(ms: number): string {
  return clock_format.format(ms);
}

export function full_time(ms: number): string {
  return full_format.format(ms);
}

function days_ago(ms: number): number {
  const day = new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((new Date().setHours(0, 0, 0, 0) - day) / 86_400_000);
}

// The line between two days in a conversation.
export function day_label(ms: number): string {
  const ago = days_ago(ms);
  if (ago <= 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  if (ago < 7) return weekday_format.format(ms);
  return new Date(ms).getFullYear() === new Date().getFullYear()
    ? day_format.format(ms) : far_format.format(ms);
}

// In the list of conversations.
export function list_time(ms: number): string {
  if (!ms) return '';
  const ago = days_ago(ms);
  if (ago <= 0) return clock_format.format(ms);
  if (ago === 1) return 'Yesterday';
  if (ago < 7) return weekday_format.format(ms);
  return short_format.format(ms);
}

export function ago(ms: number): string {
  const minutes = Math.floor((Date.now() - ms) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h ago`;
  return list_time(ms).toLowerCase();
}

// Controls that turn the direction of text: a link ends before one, or its name could be shown in another order than the browser
// goes to.
const bidi = '\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069';
const link_pattern = new RegExp(`https?://[^\\s<>"'${bidi}]+[^\\s<>"'.,;:!?)\\]${bidi}]`, 'g');

export interface TextPart {
  text: string;
  href?: string;
}

// A message's text, with its web addresses apart.
export function text_parts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(link_pattern)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: match[0], href: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

// One to three emoji and nothing else: shown large.
export function only_emoji(text: string): boolean {
  return text.length <= 24 && /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]?(?:\u200D\p{Extended_Pictographic}\uFE0F?)*\s*){1,3}$/u.test(text);
}

const month_format = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' });
const moment_format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

// Beside a post: "5 min", "3 h", "2 d", then the day.
export function short_ago(ms: number, now = Date.now()): string {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 60 * 24 * 7) return `${Math.floor(minutes / 60 / 24)} d`;
  return new Date(ms).getFullYear() === new Date(now).getFullYear() ? short_format.format(ms) : far_format.format(ms);
}

// "3 days", "5 h", "20 min".
export function time_left(ms: number, now = Date.now()): string {
  const minutes = Math.max(1, Math.ceil((ms - now) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.ceil(hours / 24)} days`;
}

export const month_of = (ms: number): string => month_format.format(ms);
export const moment = (ms: number): string => moment_format.format(ms);
