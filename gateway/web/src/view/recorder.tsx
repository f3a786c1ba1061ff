// Records a voice message: how long it is, an end that attaches it, and a way out. Used by composer.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, IconButton } from './elements.tsx';
import { length_text } from './media_rules.ts';
import { toast } from './overlay.tsx';

const types = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];
const endings: Record<string, string> = { 'audio/webm': 'webm', 'audio/ogg': 'ogg', 'audio/mp4': 'm4a' };
const tick_ms = 250;
// A longer one ends by itself.
const most_s = 600;

// Microphones are there on secure origins only.
export const can_record = (): boolean => typeof MediaRecorder !== 'undefined' && navigator.mediaDevices !== undefined;

interface Props {
  done: (file: File) => void;
  cancel: () => void;
}

export function Recorder({ done, cancel }: Props) {
  const [seconds, set_seconds] = useState(0);
  const [on, set_on] = useState(false);
  const recorder = useRef<MediaRecorder | null>(null);
  const kept = useRef(false);
  const end = useRef<HTMLButtonElement>(null);
  const stop = (keep: boolean) => {
    kept.current = keep;
    if (recorder.current?.state === 'recording') recorder.current.stop();
    else cancel();
  };
  useEffect(() => {
    let gone = false;
    let timer = 0;
    let stream: MediaStream | null = null;
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (gone) return release();
      const type = types.find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
      const made = new MediaRecorder(stream, type ? { mimeType: type } : {});
      const pieces: Blob[] = [];
      made.ondataavailable = (event) => { if (event.data.size > 0) pieces.push(event.data); };
      made.onstop = () => {
        release();
        const bare = made.mimeType.split(';')[0]!;
        if (kept.current && pieces.length > 0) done(new File(pieces, `Voice message.${endings[bare] ?? 'webm'}`, { type: bare }));
        else if (!gone) cancel();
      };
      recorder.current = made;
      made.start();
      set_on(true);
      const start = performance.now();
      timer = window.setInterval(() => {
        const now = (performance.now() - start) / 1000;
        set_seconds(now);
        if (now >= most_s) stop(true);
      }, tick_ms);
      end.current?.focus();
      return undefined;
    };
    const release = () => {
      clearInterval(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    begin().catch(() => {
      toast('The microphone cannot be used. Please allow it in the browser.');
      if (!gone) cancel();
    });
    return () => {
      gone = true;
      if (recorder.current?.state === 'recording') recorder.current.stop();
      release();
    };
  }, []);
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    stop(false);
  };
  return (
    <div class="recorder" role="group" aria-label="Voice message" onKeyDown={key}>
      <span class="recorder-light" aria-hidden="true" />
      <span class="recorder-time" role="timer">{on ? length_text(seconds) : 'Asking for the microphone…'}</span>
      <IconButton name="close" label="Cancel the recording" onClick={() => stop(false)} />
      <button type="button" class="primary" ref={end} disabled={!on} onClick={() => stop(true)}><Icon name="check" />Done</button>
    </div>
  );
}
