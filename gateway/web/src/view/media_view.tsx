// Pictures, films, sounds and files of a post, comment or message. Used by post_view.tsx, comment_view.tsx and message_view.tsx.
import { decode } from 'blurhash';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import type { Media } from '../media_types.ts';
import type { Store } from '../store.ts';
import { Icon } from './elements.tsx';
import { box_ratio, is_seen, kind_words, label_of, length_text, shown_most, size_text, source_set, type_text } from './media_rules.ts';
import { Sound } from './sound_view.tsx';
import { open_viewer } from './viewer.tsx';

const blur_px = 24;

// A few colours until the picture is here.
export function Blur({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    try {
      const drawing = canvas.current?.getContext('2d');
      drawing?.putImageData(new ImageData(new Uint8ClampedArray(decode(hash, blur_px, blur_px)), blur_px, blur_px), 0, 0);
    } catch {
      // Not a hash: the box stays plain.
    }
  }, [hash]);
  return <canvas class="media-blur" width={blur_px} height={blur_px} ref={canvas} aria-hidden="true" />;
}

// `width_px`: how wide it is shown at most, for the choice among the variants.
export function Picture({ media, width_px, whole = false }: { media: Media; width_px: number; whole?: boolean }) {
  const [shown, set_shown] = useState(false);
  const sizes = whole ? '100vw' : `(max-width: 719px) 92vw, ${width_px}px`;
  return (
    <>
      {media.blurhash && !shown && <Blur hash={media.blurhash} />}
      <picture>
        {source_set(media, '_avif') && <source type="image/avif" srcset={source_set(media, '_avif')} sizes={sizes} />}
        <img src={gateways.address(media.variants['1280']?.url ?? media.url)} srcset={source_set(media, '') || undefined} sizes={sizes} alt={media.alt ?? ''} loading="lazy"
          width={media.width} height={media.height} onLoad={(event) => void event.currentTarget.decode().then(() => set_shown(true), () => {})} />
      </picture>
    </>
  );
}

interface Props {
  store: Store;
  media: Media[];
  // In the chat the controls are no tab stops.
  tabindex?: number;
}

export function MediaView({ store, media, tabindex = 0 }: Props) {
  const all = media.map((one) => store.media.newest(one));
  const seen = all.filter(is_seen);
  const rest = all.filter((one) => !is_seen(one));
  const shown = seen.slice(0, shown_most);
  const single = shown.length === 1 ? shown[0]! : null;
  const open = (at: number) => open_viewer(store, seen.filter((one) => one.state === 'ready').map((one) => one.media_id), seen[at]!.media_id);
  return (
    <div class="media">
      {shown.length > 0 && (
        <ul class={`media-grid count-${shown.length}`} style={single ? { aspectRatio: String(box_ratio(single)) } : undefined}>
          {shown.map((one, i) => (
            <li key={one.media_id}>
              <Seen media={one} tabindex={tabindex} more={i === shown_most - 1 ? seen.length - shown_most : 0} single={single !== null} open={() => open(i)} />
            </li>
          ))}
        </ul>)}
      {rest.map((one) => (one.kind === 'audio' && one.state !== 'failed'
        ? <Sound key={one.media_id} media={one} tabindex={tabindex} /> : <FileLine key={one.media_id} media={one} tabindex={tabindex} />))}
    </div>
  );
}

interface SeenProps {
  media: Media;
  tabindex: number;
  // Further ones that only the viewer shows.
  more: number;
  single: boolean;
  open: () => void;
}

function Seen({ media, tabindex, more, single, open }: SeenProps) {
  if (media.state !== 'ready') return <Unready media={media} />;
  const film = media.kind === 'video';
  const length = film && media.duration_ms !== undefined ? length_text(media.duration_ms / 1000) : '';
  // The signs on the picture are drawn by the style sheet: their meaning is in the label.
  const label = `${label_of(media)}${length && `, ${length}`}. Open${more > 0 ? `, with ${more} more` : ''}`;
  return (
    <button type="button" class="media-open" tabindex={tabindex} aria-label={label} onClick={open}>
      {film && !media.variants['320'] ? <span class="media-plain"><Icon name="film" /></span> : <Picture media={media} width_px={single ? 560 : 280} />}
      {film && <span class="media-badge"><Icon name="play" />{length}</span>}
      {media.alt && <span class="media-alt" />}
      {more > 0 && <span class="media-more" data-more={`+${more}`} />}
    </button>
  );
}

function Unready({ media }: { media: Media }) {
  const word = kind_words[media.kind];
  return (
    <span class="media-plain" role="status">
      <Icon name={media.state === 'failed' ? 'alert' : 'clock'} />
      {media.state === 'failed' ? `This ${word.toLowerCase()} cannot be shown.` : `${word} is being prepared…`}
    </span>
  );
}

function FileLine({ media, tabindex }: { media: Media; tabindex: number }) {
  const name = media.alt || kind_words[media.kind];
  if (media.state === 'failed') return <p class="file-line"><Icon name="alert" /><span>{name} cannot be read.</span></p>;
  return (
    <a class="file-line" href={gateways.address(media.url)} download="" tabindex={tabindex}>
      <Icon name="file" />
      <span class="file-names"><strong dir="auto">{name}</strong><small>{type_text(media.content_type)} · {size_text(media.size)}</small></span>
      <Icon name="save" />
    </a>
  );
}

// Media of which only the ids are known: of messages.
export function MediaByIds({ store, ids }: { store: Store; ids: string[] }) {
  const found = ids.map((id) => store.media.want(id));
  const here = found.filter((one) => one !== undefined && one !== null);
  const gone = found.filter((one) => one === null).length;
  if (here.length + gone < ids.length) return <div class="media"><span class="media-plain waiting" role="status">Loading…</span></div>;
  return (
    <>
      {here.length > 0 && <MediaView store={store} media={here} tabindex={-1} />}
      {gone > 0 && <p class="file-line"><Icon name="alert" /><span>{gone === 1 ? 'An attachment is not here (any more).' : `${gone} attachments are not here (any more).`}</span></p>}
    </>
  );
}
