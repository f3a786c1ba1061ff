// Live streams as the page uses them, named as in protocols/streaming. tests/web/types_agree.ts holds them against the types that are
// generated from the .proto files.
import type { Card } from './social_types.ts';

export type StreamState = 'waiting' | 'live' | 'interrupted' | 'ended';

// Shown once: to the owner, in the answer that makes the key.
export interface Ingest {
  rtmp_url: string;
  hls_put_url: string;
  key: string;
}

export interface Stream {
  stream_id: string;
  owner?: Card;
  title: string;
  visibility: 'public' | 'followers';
  state: StreamState;
  viewers: number;
  peak: number;
  created_at: string;
  scheduled_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  record: boolean;
  recording_media_id?: string;
  playback_url: string;
  conversation_id: string;
  ingest?: Ingest;
}

export interface StreamRequest {
  title: string;
  visibility: 'public' | 'followers';
  scheduled_at?: string;
  record?: boolean;
}

export interface StreamChange {
  title?: string;
  visibility?: 'public' | 'followers';
  state?: 'ended';
}

export interface StatePush {
  stream_id: string;
  state: StreamState;
  started_at: string | null;
  ended_at: string | null;
}

export interface ViewersPush {
  stream_id: string;
  viewers: number;
  peak: number;
}

// How the chat of a stream is moderated.
export interface ChatSettings {
  slow_mode_s: number;
  pinned_seq: number | null;
}
