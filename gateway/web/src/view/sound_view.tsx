// A sound with its waveform: play, pause, a slider over the bars. One sound plays at a time. Used by media_view.tsx.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import type { Media } from '../media_types.ts';
import { Icon } from './elements.tsx';
import { bars, length_text } from './media_rules.ts';

const bar_count = 48;
const bar_px = 4;
const wave_px = 32;

let playing: HTMLMediaElement | null = null;

// Sound and film begin: what played before pauses.
export function plays_now(element: HTMLMediaElement): void {
  if (playing !== element) playing?.pause();
  playing = element;
}

export function Sound({ media, tabindex = 0 }: { media: Media; tabindex?: number }) {
  const audio = useRef<HTMLAudioElement>(null);
  // It does not begin anew when the page goes to another gateway.
  const address = useMemo(() => gateways.address(media.url), [media.url]);
  const [on, set_on] = useState(false);
  const [at, set_at] = useState(0);
  const [length, set_length] = useState((media.duration_ms ?? 0) / 1000);
  const [wrong, set_wrong] = useState(false);
  useEffect(() => { if (media.duration_ms) set_length(media.duration_ms / 1000); }, [media.duration_ms]);
  // Leaving the page ends it.
  useEffect(() => () => audio.current?.pause(), []);
  const name = media.alt || 'Sound';
  const toggle = () => {
    const element = audio.current!;
    if (on) element.pause();
    else element.play().catch(() => set_wrong(true));
  };
  const seek = (value: number) => {
    set_at(value);
    audio.current!.currentTime = value;
  };
  const heights = bars(media.waveform?.peaks ?? [], bar_count);
  const played = length > 0 ? (at / length) * bar_count : 0;
  return (
    <div class="sound" role="group" aria-label={name}>
      <button type="button" class="sound-play" tabindex={tabindex} aria-label={`${on ? 'Pause' : 'Play'} ${name}`} onClick={toggle}>
        <Icon name={on ? 'pause' : 'play'} />
      </button>
      <div class="sound-body">
        <strong class="sound-name" dir="auto">{name}</strong>
        <div class="wave">
          <svg viewBox={`0 0 ${bar_count * bar_px} ${wave_px}`} preserveAspectRatio="none" aria-hidden="true">
            {heights.map((height, i) => {
              const tall = Math.max(2, height * wave_px);
              return <rect key={i} class={i < played ? 'on' : ''} x={i * bar_px} y={(wave_px - tall) / 2} width={bar_px - 1.5} height={tall} rx="1" />;
            })}
          </svg>
          <input type="range" tabindex={tabindex} min={0} max={length || 1} step={0.1} value={at} aria-label={`Place in ${name}`}
            aria-valuetext={`${length_text(at)} of ${length_text(length)}`} onInput={(event) => seek(Number(event.currentTarget.value))} />
        </div>
        <span class="sound-time">{wrong ? 'This browser cannot play it.' : `${on || at > 0 ? `${length_text(at)} / ` : ''}${length_text(length)}`}
          {wrong && <a class="text-link" href={gateways.address(media.url)} download="" tabindex={tabindex}>Download</a>}</span>
      </div>
      <audio ref={audio} src={address} preload="none" onPlay={(event) => { plays_now(event.currentTarget); set_on(true); }} onPause={() => set_on(false)}
        onEnded={() => { set_on(false); set_at(0); }} onTimeUpdate={(event) => set_at(event.currentTarget.currentTime)}
        onError={(event) => { if (event.currentTarget.error) set_wrong(true); }}
        onDurationChange={(event) => { if (Number.isFinite(event.currentTarget.duration)) set_length(event.currentTarget.duration); }} />
    </div>
  );
}
