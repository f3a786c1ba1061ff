// The contract's messages as the page uses them, named as in protocols/*/*.proto: for every module here.
// Times are RFC 3339 strings; `seq` and `rev` are numbers. tests/web/types_agree.ts holds them against the types that
// are generated from the .proto files. Posts and people are in social_types.ts.
import type { MediaReady } from './media_types.ts';
import type { FeedPush, Notification } from './social_types.ts';
import type { ChatSettings, StatePush, ViewersPush } from './stream_types.ts';

export interface Tokens {
  account_id: string;
  access_token: string;
  refresh_token: string;
  expires_in_s: number;
  session_id?: string;
}

export interface Profile {
  account_id: string;
  handle: string;
  display_name: string;
  avatar_url?: string | null;
  // Absent when the person blocks the caller.
  bio?: string;
  // From servers that tell how the caller stands to the person.
  relation?: { blocking?: boolean } | null;
}

// A session of the caller's account: one browser or device.
export interface SessionInfo {
  session_id: string;
  created_at: string;
  last_seen_at: string;
  user_agent: string;
  current: boolean;
}

export interface Member {
  account_id: string;
  role: string;
  joined_at: string;
  read_seq: number;
  delivered_seq: number;
  handle: string;
  display_name: string;
}

export interface Reaction {
  emoji: string;
  count: number;
  mine: boolean;
}

export interface Message {
  conversation_id: string;
  seq: number;
  rev: number;
  message_id: string;
  sender_id: string;
  client_id: string;
  text: string;
  media_ids: string[];
  reply_to?: number;
  mentions: string[];
  sent_at: string;
  edited_at?: string | null;
  recalled: boolean;
  reactions: Reaction[];
}

export interface Conversation {
  conversation_id: string;
  kind: string;
  title: string | null;
  members: Member[];
  last_seq: number;
  unread: number;
  rev: number;
  member_count: number;
  created_at: string;
  last_message?: Message;
  read_seq: number;
  delivered_seq: number;
  // Of a live stream's chat.
  chat?: ChatSettings;
}

export interface ConversationPush {
  conversation_id: string;
  // Absent when a resume tells of the removal.
  kind?: string;
  title: string | null;
  members: Member[];
  last_seq: number;
  rev: number;
  member_count: number;
  removed: boolean;
}

export interface Change {
  kind: string;
  actor_id?: string;
  text?: string;
  edited_at?: string;
  emoji?: string;
  account_id?: string;
  role?: string;
  title?: string;
  account_ids: string[];
  mentions: string[];
  chat?: ChatSettings;
}

export interface Updated {
  conversation_id: string;
  rev: number;
  seq?: number;
  change?: Change;
}

export interface Receipt {
  conversation_id: string;
  account_id: string;
  read_seq?: number;
  delivered_seq?: number;
}

export interface TypingPush {
  conversation_id: string;
  account_id: string;
  typing: boolean;
}

export interface Presence {
  account_id: string;
  status: string;
  last_seen_at?: string | null;
}

export interface UserChanged {
  account_id: string;
}

export interface Gap {
  conversation_id: string;
  from_seq: number;
  to_seq: number;
}

export interface Seen {
  seq: number;
  rev?: number;
}

export interface OpenReply {
  session_id: string;
  connection_id: string;
  resume_token: string;
  resumed: boolean;
}

export interface SendReply {
  message_id: string;
  seq: number;
  sent_at: string;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

interface Mark { conversation_id: string; seq: number }
interface React { conversation_id: string; seq: number; emoji: string }

// The calls that the page makes over the WebSocket.
export interface Calls {
  'session.open': {
    params: { access_token: string; resume?: { token: string; seen: Record<string, Seen> } }; result: OpenReply;
  };
  'user.me': { params: Record<string, never>; result: Profile };
  'messaging.send': {
    params: { conversation_id: string; client_id: string; text: string; media_ids?: string[]; reply_to?: number }; result: SendReply;
  };
  'messaging.edit': { params: { conversation_id: string; seq: number; text: string }; result: Message };
  'messaging.recall': { params: Mark; result: object };
  'messaging.react': { params: React; result: object };
  'messaging.unreact': { params: React; result: object };
  'messaging.read': { params: Mark; result: object };
  'messaging.delivered': { params: Mark; result: object };
  'messaging.typing': { params: { conversation_id: string; typing: boolean }; result: object };
  'presence.subscribe': { params: { account_ids: string[] }; result: { watching: number } };
}

// The notifications that it understands.
export interface Pushes {
  'messaging.conversation': ConversationPush;
  'messaging.message': Message;
  'messaging.receipt': Receipt;
  'messaging.typing': TypingPush;
  'messaging.updated': Updated;
  'presence.changed': Presence;
  'session.gap': Gap;
  'user.changed': UserChanged;
  'user.notification': Notification;
  'feed.post': FeedPush;
  'media.ready': MediaReady;
  'streaming.state': StatePush;
  'streaming.viewers': ViewersPush;
}

// A problem document (RFC 9457), the body of every HTTP error and the data of every WebSocket error.
export interface ProblemDocument {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  request_id?: string;
  retry_after_s?: number;
  errors?: { field: string; detail: string }[];
}
