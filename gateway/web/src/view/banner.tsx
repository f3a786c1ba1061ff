// The line above everything that tells of a connection that is lost. Used by shell.tsx.
import type { Store } from '../store.ts';

export function Banner({ store, calm }: { store: Store; calm: boolean }) {
  const { session, state, retry_at } = store;
  return (
    <div class={`banner${calm ? '' : ' shown'}`} role="status">
      {!calm && state === 'replaced' && (
        <>
          <span>Nova is open in another window.</span>
          <button type="button" onClick={() => session.take_over()}>Use it here</button>
        </>)}
      {!calm && state === 'waiting' && (
        <>
          <span>{waiting_text(retry_at)} What you write is kept.</span>
          <button type="button" onClick={() => session.nudge()}>Now</button>
        </>)}
      {!calm && state !== 'replaced' && state !== 'waiting' && (
        <span>{navigator.onLine ? 'Connecting…' : 'You are offline. What you write is kept.'}</span>)}
    </div>
  );
}

function waiting_text(retry_at: number): string {
  if (!navigator.onLine) return 'You are offline.';
  return `No connection. Trying again in ${Math.max(1, Math.ceil((retry_at - Date.now()) / 1000))} s.`;
}
