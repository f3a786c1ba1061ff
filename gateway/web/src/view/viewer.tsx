// One picture or film over the whole window, and the way to the next: arrow keys, Home and End, Esc. Used by media_view.tsx.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import type { Store } from '../store.ts';
import { Icon, IconButton } from './elements.tsx';
import { kind_words, label_of, size_text } from './media_rules.ts';
import { Picture } from './media_view.tsx';
import { open_dialog } from './overlay.tsx';
import { plays_now } from './sound_view.tsx';

export function open_viewer(store: Store, ids: string[], first: string): void {
  if (ids.length === 0) return;
  open_dialog('Media', () => <Viewer store={store} ids={ids} first={Math.max(0, ids.indexOf(first))} />, () => {}, 'viewer');
}

function Viewer({ store, ids, first }: { store: Store; ids: string[]; first: number }) {
  const [at, set_at] = useState(first);
  const root = useRef<HTMLDivElement>(null);
  const media = store.media.want(ids[at]!);
  const poster = media?.variants['1280']?.url;
  // A film does not begin anew when the page goes to another gateway.
  const played = useMemo(() => gateways.address(media?.url ?? ''), [media?.url]);
  const go = (to: number) => set_at(Math.min(Math.max(to, 0), ids.length - 1));
  useEffect(() => { root.current?.focus(); }, []);
  const key = (event: KeyboardEvent) => {
    // A film's own controls and fields have the arrows for themselves.
    if ((event.target as HTMLElement).matches('video, input') || event.altKey || event.ctrlKey || event.metaKey) return;
    const on = getComputedStyle(root.current!).direction === 'rtl' ? -1 : 1;
    const steps: Record<string, number> = { ArrowRight: at + on, ArrowLeft: at - on, Home: 0, End: ids.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  return (
    <div class="viewer-body" ref={root} tabindex={-1} onKeyDown={key}>
      <figure>
        <div class="viewer-stage">
          {media && (media.kind === 'video'
            ? <video key={media.media_id} src={played} controls poster={poster && gateways.address(poster)} aria-label={label_of(media)} preload="metadata"
              onPlay={(event) => plays_now(event.currentTarget)} />
            : <Picture key={media.media_id} media={media} width_px={1280} whole />)}
          {media === null && <p>It is not here (any more).</p>}
        </div>
        <figcaption>
          <span class="visually-hidden" role="status">{`${media ? kind_words[media.kind] : 'Medium'} ${at + 1} of ${ids.length}`}</span>
          {ids.length > 1 && <span class="viewer-count" aria-hidden="true">{at + 1} / {ids.length}</span>}
          <span class="viewer-alt" dir="auto">{media?.alt || 'No description'}</span>
          {media && <a class="secondary link" href={gateways.address(media.url)} target="_blank" rel="noopener"><Icon name="save" />Original, {size_text(media.size)}</a>}
        </figcaption>
      </figure>
      {ids.length > 1 && (
        <>
          <IconButton name="back" label="The one before" class="viewer-step before" disabled={at === 0} onClick={() => go(at - 1)} />
          <IconButton name="forward" label="The next one" class="viewer-step after" disabled={at === ids.length - 1} onClick={() => go(at + 1)} />
        </>)}
    </div>
  );
}
