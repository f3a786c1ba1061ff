// People, posts, feed and notifications as the page uses them, named as in protocols/{user,content,feed,views}. For every module that
// shows them. tests/web/types_agree.ts holds them against the types that are generated from the .proto files.
import type { Media } from './media_types.ts';
import type { Page } from './types.ts';

export interface Relation {
  following: boolean;
  requested: boolean;
  followed_by: boolean;
  blocking: boolean;
  muting: boolean;
}

// A person beside what the person made.
export interface Card {
  account_id: string;
  handle: string;
  display_name: string;
  avatar_url: string | null;
  private: boolean;
  relation?: Relation;
  requested_at?: string;
  // Only the id is known: the domain of people did not answer.
  missing?: boolean;
}

// A person whom people follow whom one follows.
export interface Suggestion {
  person?: Card;
  followed_by_count: number;
  // Some of them.
  followed_by: Card[];
}

export interface Link {
  title?: string;
  url: string;
}

// A person's page. Of a person who blocks the caller it is the card alone.
export interface Profile extends Card {
  bio?: string;
  links?: Link[];
  cover_url?: string | null;
  created_at?: string;
  followers_count?: number;
  following_count?: number;
  posts_count?: number;
  pinned_post_ids?: string[];
}

export interface ProfileChange {
  display_name?: string | null;
  bio?: string | null;
  links?: Link[] | null;
  avatar_media_id?: string | null;
  cover_media_id?: string | null;
  private?: boolean;
}

// A part of a text, in code points.
export interface TextEntity {
  kind: 'mention' | 'hashtag' | 'link';
  start: number;
  end: number;
  account_id?: string;
  tag?: string;
}

export interface Poll {
  options: { text: string; votes: number }[];
  multiple: boolean;
  ends_at: string;
  ended: boolean;
  votes: number;
  mine: number[];
}

// Only post_id is there when the caller may not see it, or it is gone.
export interface QuotedPost {
  post_id: string;
  author?: Card;
  text?: string;
  created_at?: string;
  content_warning?: string | null;
  media?: Media[];
  entities?: TextEntity[];
}

export type Visibility = 'public' | 'followers' | 'mentioned';

export interface Post {
  post_id: string;
  author?: Card;
  text: string;
  created_at: string;
  edited_at: string | null;
  visibility: Visibility;
  language: string | null;
  content_warning: string | null;
  media: Media[];
  quote: QuotedPost | null;
  poll: Poll | null;
  entities: TextEntity[];
  counts?: { comments: number; reactions: Record<string, number>; shares: number; quotes: number };
  mine?: { reaction: string | null; shared: boolean; bookmarked: boolean };
  pinned: boolean;
  // Of a post that is not published yet.
  scheduled_id?: string;
  scheduled_at?: string;
}

export interface PollRequest {
  options: string[];
  ends_in_s: number;
  multiple?: boolean;
}

export interface PostRequest {
  text?: string;
  media_ids?: string[];
  visibility?: Visibility;
  quote?: string;
  content_warning?: string;
  language?: string;
  poll?: PollRequest;
  scheduled_at?: string;
}

export interface PostChange {
  text?: string;
  content_warning?: string | null;
  visibility?: Visibility;
}

export interface Draft extends PostRequest {
  draft_id: string;
  updated_at: string;
}

export interface Revision {
  text: string;
  content_warning: string | null;
  edited_at: string;
}

export interface Comment {
  comment_id: string;
  post_id: string;
  parent: string | null;
  // Null: deleted, and kept for its answers.
  author: Card | null;
  text: string;
  created_at: string;
  edited_at: string | null;
  counts?: { reactions: Record<string, number> };
  mine?: { reaction: string | null };
  replies_count: number;
  deleted: boolean;
  media: Media[];
  entities: TextEntity[];
}

export interface PostPage extends Page<Post> {
  degraded?: string[];
}

export type FeedReason = 'following' | 'share' | 'hashtag';

export interface FeedItem {
  post?: Post;
  reason: FeedReason;
  shared_by?: Card;
  score?: number;
}

export interface FeedPage extends Page<FeedItem> {
  as_of: string;
  degraded: string[];
}

// One number for each part of a score.
export interface ScoreParts {
  recency: number;
  affinity: number;
  reactions: number;
  conversation: number;
}

export interface Why {
  reason: FeedReason;
  parts?: ScoreParts;
  weights?: ScoreParts;
  score: number;
}

export interface FeedPreferences {
  mode: 'chronological' | 'ranked';
  weights?: Partial<ScoreParts>;
  show_shares: boolean;
  show_replies: boolean;
  muted_words: string[];
}

// New posts for the feed: one with its ids, or how many.
export interface FeedPush {
  post_id?: string;
  author_id?: string;
  at?: string;
  count?: number;
}

export type NotificationKind = 'follow' | 'follow_request' | 'mention' | 'comment' | 'reaction' | 'share' | 'poll_ended';

export interface Notification {
  notification_id: string;
  kind: NotificationKind;
  actor?: Card;
  post_id?: string;
  created_at: string;
  read: boolean;
}

export interface NotificationPage extends Page<Notification> {
  unread: number;
}

export interface Notify {
  follow: boolean;
  mention: boolean;
  comment: boolean;
  reaction: boolean;
  share: boolean;
  message: boolean;
}

export interface Settings {
  message_from: 'everyone' | 'following' | 'nobody';
  mention_from: 'everyone' | 'following' | 'nobody';
  presence_to: 'everyone' | 'shared' | 'nobody';
  discoverable: boolean;
  locale: string;
  time_zone: string;
  notify?: Notify;
}

export type SettingsChange = Partial<Omit<Settings, 'notify'>> & { notify?: Partial<Notify> };

export interface AccountDeletion {
  deletes_at: string;
  undo_token: string;
  certificate_id: string;
}

export interface AccountExport {
  state: 'running' | 'ready' | 'failed';
  // From 0 to 1.
  progress: number;
  // Where it can be fetched without a token, once it is ready.
  url?: string;
  expires_at?: string;
}
