// Search as the page uses it, named as in protocols/search. tests/web/types_agree.ts holds it against the types that are generated from
// the .proto files.
import type { Card, Post } from './social_types.ts';
import type { Page } from './types.ts';

export type SearchKind = '' | 'users' | 'posts' | 'messages';

export interface Highlight {
  field: string;
  parts: { text: string; hit: boolean }[];
}

export interface FoundMessage {
  conversation_id: string;
  seq: number;
  message_id: string;
  sender_id: string;
  text: string;
  media_ids: string[];
  sent_at: string;
}

export interface Hit {
  kind: 'post' | 'user' | 'message';
  score: number;
  post?: Post;
  user?: Card;
  message?: FoundMessage;
  highlights: Highlight[];
}

export interface HitPage extends Page<Hit> {
  degraded: string[];
}

export function hit_key({ kind, post, user, message }: Hit): string {
  return `${kind} ${post?.post_id ?? user?.account_id ?? message?.message_id ?? ''}`;
}
