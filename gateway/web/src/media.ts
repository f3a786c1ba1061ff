// The media that this window knows, each once: read when a view shows one, read again while a worker prepares it and when its signed
// address ends. Made by store.ts, read by view/media_view.tsx. Knows nothing of the page.
import { as_problem } from './problem.ts';
import type { Media, MediaReady } from './media_types.ts';
import type { Clock } from './rpc_socket.ts';

const reads_at_once = 6;
const known_most = 2_000;
// A medium in preparation is read again after this time; each time takes longer.
const again_first_ms = 700;
const again_most_ms = 15_000;
const again_tries = 40;
// An address is renewed this long before its end.
const early_ms = 60_000;

// When the signed address ends, Unix milliseconds; 0: it does not say.
export function ends_at(url: string): number {
  return Number(/[?&]until=(\d+)/.exec(url)?.[1] ?? 0) * 1000;
}

export const is_over = (url: string, now: number): boolean => ends_at(url) > 0 && now > ends_at(url) - early_ms;

export class MediaShelf {
  private readonly read_: (media_id: string) => Promise<Media>;
  private readonly clock_: Clock;
  private readonly changed_: () => void;
  // Null: it is not to be had.
  private readonly known_ = new Map<string, Media | null>();
  private readonly asked_ = new Set<string>();
  private readonly tries_ = new Map<string, number>();
  private readonly waiting_: string[] = [];
  private reading_ = 0;

  constructor(read: (media_id: string) => Promise<Media>, clock: Clock, changed: () => void) {
    this.read_ = read;
    this.clock_ = clock;
    this.changed_ = changed;
  }

  // The medium, or undefined while it is read. Null: it is not to be had.
  want(media_id: string): Media | null | undefined {
    const known = this.known_.get(media_id);
    if (known === null) return null;
    if (!known || this.is_old_(known)) this.ask_(media_id);
    else if (known.state === 'processing') this.ask_later_(media_id);
    return known;
  }

  // The newest that is known of a medium that came with a post.
  newest(given: Media): Media {
    const known = this.known_.get(given.media_id);
    const newer = known && (given.state === 'processing' || this.is_old_(given)) ? known : given;
    if (newer === given) this.put_(given);
    if (newer.state === 'processing' || this.is_old_(newer)) return this.want(given.media_id) ?? newer;
    return newer;
  }

  take(media: Media): void {
    this.put_(media);
    this.changed_();
  }

  on_ready(push: MediaReady): void {
    if (push.media) this.take(push.media);
  }

  private put_(media: Media): void {
    this.known_.delete(media.media_id);
    this.known_.set(media.media_id, media);
    if (this.known_.size > known_most) this.known_.delete(this.known_.keys().next().value!);
  }

  private is_old_(media: Media): boolean {
    return is_over(media.url, this.clock_.now());
  }

  private ask_later_(media_id: string): void {
    const tries = this.tries_.get(media_id) ?? 0;
    if (this.asked_.has(media_id) || tries >= again_tries) return;
    this.asked_.add(media_id);
    this.tries_.set(media_id, tries + 1);
    this.clock_.set(Math.min(again_most_ms, again_first_ms * 1.3 ** tries), () => {
      this.asked_.delete(media_id);
      if (this.known_.get(media_id)?.state === 'processing') this.ask_(media_id);
    });
  }

  private ask_(media_id: string): void {
    if (this.asked_.has(media_id)) return;
    this.asked_.add(media_id);
    this.waiting_.push(media_id);
    this.pump_();
  }

  private pump_(): void {
    while (this.reading_ < reads_at_once) {
      const next = this.waiting_.shift();
      if (next === undefined) return;
      this.reading_ += 1;
      void this.read_one_(next).finally(() => {
        this.reading_ -= 1;
        this.pump_();
      });
    }
  }

  private async read_one_(media_id: string): Promise<void> {
    try {
      const media = await this.read_(media_id);
      this.asked_.delete(media_id);
      this.take(media);
    } catch (error) {
      this.asked_.delete(media_id);
      if (as_problem(error).retryable) return;
      this.known_.set(media_id, null);
      this.changed_();
    }
  }
}
