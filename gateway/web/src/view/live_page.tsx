// Streams that are live now, announced, or over; and the way to one of one's own. Used by shell.tsx.
import { useEffect } from 'preact/hooks';
import { address_of, type Route } from '../routes.ts';
import { listed_states, state_words, type ListedState } from '../streams.ts';
import type { Store } from '../store.ts';
import type { Stream } from '../stream_types.ts';
import { Avatar, Icon } from './elements.tsx';
import { moment, short_ago } from './format.ts';
import { go_live_dialog } from './go_live.tsx';
import { list_rows, useList } from './list_rows.tsx';
import { LinkTabs, PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { name_of } from './post_view.tsx';
import { plural } from './text_rules.ts';
import { VirtualRows } from './virtual_rows.tsx';

const again_ms = 10_000;
const tab_names: Record<ListedState, string> = { live: 'Live now', waiting: 'Announced', ended: 'Over' };
const empty: Record<ListedState, string> = {
  live: 'Nobody is live at the moment.', waiting: 'Nothing is announced.', ended: 'No stream has ended yet.',
};

export function LivePage({ store, state }: PageProps & { state: ListedState }) {
  const list = store.social.streams.list(state);
  useList(list);
  useEffect(() => {
    const again = () => { if (list.loaded && list.place.offset === 0 && document.visibilityState === 'visible') void list.refresh(); };
    again();
    const timer = setInterval(again, again_ms);
    return () => clearInterval(timer);
  }, [list]);
  const tab = (one: ListedState): Route => ({ page: 'live', state: one });
  return (
    <section class="page" aria-label="Live">
      <PageHead title="Live">
        <button type="button" class="primary head-button" onClick={() => go_live_dialog(store)}><Icon name="live" />Go live</button>
      </PageHead>
      <LinkTabs label="Streams" now={address_of(tab(state))} tabs={listed_states.map((one) => ({ address: address_of(tab(one)), text: tab_names[one] }))} />
      <div class="page-body">
        <VirtualRows rows={list_rows(list, {
          key: (stream) => stream.stream_id, draw: (stream) => <StreamRow store={store} stream={store.social.streams.get(stream.stream_id) ?? stream} />,
          empty: <p>{empty[state]}</p>,
        })} place={list.place} label={tab_names[state]} complete={list.complete} more={() => void list.more()} />
      </div>
    </section>
  );
}

export function StateBadge({ stream }: { stream: Stream }) {
  return <span class={`state-badge ${stream.state}`}>{state_words[stream.state]}</span>;
}

function when(stream: Stream): string {
  if (stream.state === 'ended' && stream.ended_at) return `ended ${short_ago(Date.parse(stream.ended_at))} ago`.replace('now ago', 'just now');
  if (stream.started_at) return `for ${short_ago(Date.parse(stream.started_at))}`.replace('for now', 'just begun');
  return stream.scheduled_at ? `begins ${moment(Date.parse(stream.scheduled_at))}` : 'not begun';
}

function StreamRow({ store, stream }: { store: Store; stream: Stream }) {
  const name = name_of(stream.owner);
  const own = stream.owner?.account_id === store.me.account_id;
  return (
    <a class="hit stream-row" href={address_of({ page: 'stream', id: stream.stream_id })} aria-keyshortcuts="Enter">
      <Avatar id={stream.owner?.account_id ?? ''} name={name} url={stream.owner?.avatar_url ?? null} />
      <span class="hit-body">
        <strong class="stream-title" dir="auto">{stream.title}</strong>
        <span class="hit-who"><bdi>{own ? 'You' : name}</bdi> · {when(stream)}</span>
      </span>
      <span class="stream-side">
        <StateBadge stream={stream} />
        {(stream.state === 'live' || stream.state === 'interrupted') && <small>{plural(stream.viewers, 'viewer', 'viewers')}</small>}
        {stream.state === 'ended' && stream.recording_media_id && <small>recorded</small>}
      </span>
    </a>
  );
}
