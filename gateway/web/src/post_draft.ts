// The post that a person is writing: its fields, what is wrong with them, and what is sent. Kept by drafts.ts, shown by
// view/compose.tsx.
import type { KeptMedium } from './media_types.ts';
import type { Draft, PostRequest, Visibility } from './social_types.ts';
import { code_points, option_limit, post_limit, warning_limit } from './view/text_rules.ts';

export interface PostDraft {
  text: string;
  visibility: Visibility;
  // Null: no warning, no poll, now.
  warning: string | null;
  poll: { options: string[]; ends_in_s: number; multiple: boolean } | null;
  // Files that are uploaded.
  media?: KeptMedium[];
  // As a field of date and time has it, in the person's own time zone.
  at: string | null;
  quote?: string;
  // A draft on the server that was taken up.
  draft_id?: string;
}

export const poll_lengths: [string, number][] = [
  ['5 minutes', 300], ['1 hour', 3_600], ['6 hours', 6 * 3_600], ['1 day', 86_400], ['3 days', 3 * 86_400], ['7 days', 7 * 86_400],
];

export function empty_draft(): PostDraft {
  return { text: '', visibility: 'public', warning: null, poll: null, at: null };
}

export function new_poll(): NonNullable<PostDraft['poll']> {
  return { options: ['', ''], ends_in_s: 86_400, multiple: false };
}

export function is_empty(draft: PostDraft): boolean {
  const said = [draft.text, draft.warning ?? '', ...draft.poll?.options ?? []];
  return said.every((text) => text.trim() === '') && draft.quote === undefined && !draft.media?.length;
}

const options_of = (draft: PostDraft) => (draft.poll?.options ?? []).map((option) => option.trim()).filter((option) => option !== '');

// What keeps it from being sent, for a person; empty when nothing does.
export function draft_problem(draft: PostDraft, now = Date.now()): string {
  const count = code_points(draft.text);
  if (count > post_limit) return `${count - post_limit} characters too many.`;
  if (draft.poll) {
    const options = options_of(draft);
    if (options.length < 2) return 'A poll needs at least two options.';
    if (new Set(options).size < options.length) return 'Two options of the poll are the same.';
    if (options.some((option) => code_points(option) > option_limit)) return `An option has at most ${option_limit} characters.`;
  } else if (draft.text.trim() === '' && !draft.media?.length) return 'Please write something.';
  if (draft.warning !== null && code_points(draft.warning) > warning_limit) return `A warning has at most ${warning_limit} characters.`;
  if (draft.at !== null) {
    const at = Date.parse(draft.at);
    if (Number.isNaN(at)) return 'Please choose when it is to appear.';
    if (at <= now) return 'That time has passed.';
  }
  return '';
}

export function request_of(draft: PostDraft): PostRequest {
  const text = new TextDecoder().decode(new TextEncoder().encode(draft.text.trim().replaceAll('\0', '')));
  return {
    text,
    visibility: draft.visibility,
    ...(draft.warning?.trim() ? { content_warning: draft.warning.trim() } : {}),
    ...(draft.quote ? { quote: draft.quote } : {}),
    ...(draft.media?.length ? { media_ids: draft.media.map(({ media_id }) => media_id) } : {}),
    ...(draft.poll ? { poll: { ...draft.poll, options: options_of(draft) } } : {}),
    ...(draft.at && !Number.isNaN(Date.parse(draft.at)) ? { scheduled_at: new Date(draft.at).toISOString() } : {}),
  };
}

// The field's own form of a time: without zone and seconds.
export function local_time(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 16);
}

// A draft of the server, taken up again.
export function draft_of(from: Draft): PostDraft {
  const { text = '', visibility = 'public', content_warning, poll, scheduled_at, quote, draft_id, media_ids = [] } = from;
  return {
    text, visibility, draft_id,
    warning: content_warning || null,
    poll: poll ? { options: poll.options, ends_in_s: poll.ends_in_s, multiple: poll.multiple ?? false } : null,
    at: scheduled_at ? local_time(Date.parse(scheduled_at)) : null,
    ...(quote ? { quote } : {}),
    ...(media_ids.length > 0 ? { media: media_ids.map((media_id) => ({ media_id, name: 'Attachment', kind: 'file' as const, alt: '' })) } : {}),
  };
}
