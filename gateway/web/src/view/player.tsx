// Plays a live stream by hls.js, which is loaded with the first one. It keeps its address: another one would count as another viewer. Used by
// stream_page.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import type { Arriving } from '../streams.ts';
import { Icon } from './elements.tsx';
import { plays_now } from './sound_view.tsx';

const again_ms = 2_000;
// Segments behind the newest one at which it plays.
const behind_segments = 2;
const back_buffer_s = 30;

interface Props {
  url: string;
  label: string;
  // What arrives, with each segment.
  tell: (arriving: Arriving) => void;
  // The address is not good any more.
  expired: () => void;
}

export function Player({ url, label, tell, expired }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [muted, set_muted] = useState(true);
  const [wrong, set_wrong] = useState('');
  useEffect(() => {
    const element = video.current!;
    let stop = () => {};
    let gone = false;
    play(element, url, { tell, expired, wrong: set_wrong }).then((end) => {
      if (gone) end();
      else stop = end;
    }, () => set_wrong('This browser cannot play it.'));
    return () => {
      gone = true;
      stop();
    };
  }, [url]);
  return (
    <div class="player">
      <video ref={video} controls muted playsInline aria-label={label} onVolumeChange={(event) => set_muted(event.currentTarget.muted)}
        onPlay={(event) => { if (!event.currentTarget.muted) plays_now(event.currentTarget); }} />
      {wrong && <p class="player-note" role="status">{wrong}</p>}
      {!wrong && muted && (
        <button type="button" class="player-sound" onClick={() => {
          video.current!.muted = false;
          plays_now(video.current!);
          void video.current!.play().catch(() => {});
        }}><Icon name="sound" />Turn the sound on</button>)}
    </div>
  );
}

interface Told {
  tell: (arriving: Arriving) => void;
  expired: () => void;
  wrong: (text: string) => void;
}

async function play(video: HTMLVideoElement, url: string, { tell, expired, wrong }: Told): Promise<() => void> {
  const { default: Hls } = await import('hls.js/light');
  const begin = () => void video.play().catch(() => {});
  if (!Hls.isSupported()) {
    if (!video.canPlayType('application/vnd.apple.mpegurl')) throw new Error('no way to play it');
    video.src = gateways.address(url);
    begin();
    return () => video.removeAttribute('src');
  }
  // Without a worker: the content policy allows none from a blob.
  const hls = new Hls({ enableWorker: false, liveSyncDurationCount: behind_segments, backBufferLength: back_buffer_s });
  let timer = 0;
  const again = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => hls.loadSource(gateways.address(url)), again_ms);
  };
  hls.on(Hls.Events.MANIFEST_PARSED, begin);
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { stats, frag }) => {
    wrong('');
    tell({
      width: video.videoWidth, height: video.videoHeight, bits_s: frag.duration > 0 ? (stats.total * 8) / frag.duration : 0, behind_s: hls.latency,
    });
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, type, response }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
      return;
    }
    wrong('Waiting for the picture…');
    if (response?.code === 403 || response?.code === 404) expired();
    again();
  });
  hls.loadSource(gateways.address(url));
  hls.attachMedia(video);
  return () => {
    clearTimeout(timer);
    hls.destroy();
  };
}
