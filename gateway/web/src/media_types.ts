// Uploaded media as the page uses them, named as in protocols/views. For every module that uploads or shows them.
// tests/web/types_agree.ts holds them against the types that are generated from the .proto files.
export type MediaKind = 'image' | 'video' | 'audio' | 'file';
export type Purpose = 'post' | 'message' | 'avatar' | 'cover';

export interface MediaVariant {
  url: string;
  width: number;
  height: number;
  size: number;
}

export interface Media {
  media_id: string;
  state: 'processing' | 'ready' | 'failed';
  kind: MediaKind;
  content_type: string;
  size: number;
  width?: number;
  height?: number;
  duration_ms?: number;
  blurhash?: string;
  // A description for people who do not see it.
  alt?: string;
  error?: { code: string };
  // Smaller pictures: "320", "1280", and the same as AVIF with "_avif" behind the number.
  variants: Record<string, MediaVariant>;
  // Signed, and good for a while.
  url: string;
  // Of sound: 100 peaks from 0 to 255.
  waveform?: { peaks: number[] };
}

export interface MediaReady {
  media_id: string;
  state: 'ready' | 'failed';
  media?: Media;
}

// A medium that is written about but not sent yet: kept with the draft.
export interface KeptMedium {
  media_id: string;
  name: string;
  kind: MediaKind;
  alt: string;
}

export function kind_of(type: string): MediaKind {
  const family = type.split('/')[0];
  if (family === 'image' && !type.includes('svg')) return 'image';
  return family === 'video' || family === 'audio' ? family : 'file';
}
