// One live stream: the picture, what is known of it, its chat, and for its owner the key and what arrives. Used by shell.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { problem_text, as_problem } from '../problem.ts';
import { address_of, profile_address } from '../routes.ts';
import type { Arriving } from '../streams.ts';
import type { Store } from '../store.ts';
import type { Stream } from '../stream_types.ts';
import { ChatPane } from './chat_pane.tsx';
import { Avatar, Icon, IconButton } from './elements.tsx';
import { moment } from './format.ts';
import { OwnerPanel } from './go_live.tsx';
import { new_handle, type Handle } from './handle.ts';
import { StateBadge } from './live_page.tsx';
import { MediaView } from './media_view.tsx';
import { copy_text, link_to } from './attempt.ts';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { Player } from './player.tsx';
import { name_of } from './post_view.tsx';
import { plural } from './text_rules.ts';

const again_ms = 5_000;

interface Props extends PageProps {
  id: string;
  // Raised with every change of what the chat shows.
  chat_version: number;
}

export function StreamPage({ store, id, chat_version }: Props) {
  const { streams } = store.social;
  const stream = streams.get(id);
  const [arriving, set_arriving] = useState<Arriving | null>(null);
  useEffect(() => {
    void streams.read(id);
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && streams.get(id)?.state !== 'ended') void streams.read(id);
    }, again_ms);
    return () => clearInterval(timer);
  }, [id]);
  if (!stream) {
    const problem = streams.problem(id);
    return (
      <section class="page" aria-label="Live">
        <PageHead title="Live" nested />
        {problem ? <p class="list-tail" role="alert">{problem.status === 404 ? 'There is no such stream, or you may not see it.' : problem_text(problem)}</p>
          : <p class="list-tail" role="status">Loading…</p>}
      </section>
    );
  }
  const own = stream.owner?.account_id === store.me.account_id;
  return (
    <section class="page stream-page" aria-label="Live">
      <PageHead title={<bdi>{stream.title}</bdi>} nested>
        <StateBadge stream={stream} />
        <IconButton name="link" label="Copy link" onClick={() => copy_text(link_to(address_of({ page: 'stream', id })))} />
      </PageHead>
      <div class="stream-columns">
        <div class="stream-main" tabindex={0} role="region" aria-label="Stream">
          <Screen store={store} stream={stream} tell={set_arriving} />
          <About stream={stream} />
          {own && <OwnerPanel store={store} stream={stream} arriving={arriving} />}
        </div>
        <StreamChat key={stream.conversation_id} store={store} stream={stream} version={chat_version} />
      </div>
    </section>
  );
}

function Screen({ store, stream, tell }: { store: Store; stream: Stream; tell: (arriving: Arriving) => void }) {
  const { state } = stream;
  const plays = state === 'live' || state === 'interrupted';
  // The address that it began with: a fresh one would count as another viewer.
  const url = useRef('');
  if (!plays) url.current = '';
  else url.current ||= stream.playback_url;
  const expired = () => { url.current = ''; };
  const recording = state === 'ended' && stream.recording_media_id ? store.media.want(stream.recording_media_id) : undefined;
  if (plays) {
    return (
      <div class="screen">
        <Player url={url.current} label={`Live: ${stream.title}`} tell={tell} expired={expired} />
        {state === 'interrupted' && <p class="player-note" role="status">The picture is interrupted. It goes on when the sender is back.</p>}
      </div>
    );
  }
  if (recording) return <div class="screen-recording"><MediaView store={store} media={[recording]} /></div>;
  const text = state === 'ended' ? (stream.record ? 'The stream is over. Its recording appears here soon.' : 'The stream is over.')
    : stream.scheduled_at ? `It begins ${moment(Date.parse(stream.scheduled_at))}.` : 'It has not begun yet. The picture comes by itself.';
  return <div class="screen plain" role="status"><Icon name="live" /><p>{text}</p></div>;
}

function About({ stream }: { stream: Stream }) {
  const { owner, state, viewers, peak, started_at, visibility } = stream;
  const name = name_of(owner);
  const shown = state === 'live' || state === 'interrupted';
  return (
    <div class="stream-about">
      <a class="person" href={owner?.handle ? profile_address(owner.handle) : undefined}>
        <Avatar id={owner?.account_id ?? ''} name={name} url={owner?.avatar_url ?? null} />
        <span class="person-names"><strong><bdi>{name}</bdi></strong>{owner?.handle && <small>@{owner.handle}</small>}</span>
      </a>
      <p class="stream-facts">
        {shown && <span><Icon name="eye" />{plural(viewers, 'viewer', 'viewers')}</span>}
        {peak > 0 && <span>{plural(peak, 'viewer', 'viewers')} at most</span>}
        {started_at && <span>since {moment(Date.parse(started_at))}</span>}
        {visibility === 'followers' && <span><Icon name="lock" />Followers</span>}
      </p>
    </div>
  );
}

// Joined when the stream is looked at. A viewer leaves it with the page, so that it does not stay among the chats.
function StreamChat({ store, stream, version }: { store: Store; stream: Stream; version: number }) {
  const id = stream.conversation_id;
  const [error, set_error] = useState('');
  const pane = useRef<Handle<ChatPane>>(new_handle<ChatPane>()).current;
  useEffect(() => {
    let gone = false;
    const { streams } = store.social;
    const enter = async () => {
      if (!store.conversations.has(id)) await streams.join(id);
      await store.refresh(id);
      if (!gone) store.show(id);
    };
    enter().catch((caught: unknown) => {
      const problem = as_problem(caught);
      set_error(problem.code === 'forbidden' ? 'A moderator has closed this chat to you.' : problem_text(problem));
    });
    return () => {
      gone = true;
      const role = store.conversations.get(id)?.members.get(store.me.account_id)?.role;
      if (role === 'owner' || role === 'admin') return;
      store.api.remove_member(id, store.me.account_id).then(() => store.forget(id), () => {});
    };
  }, [id]);
  const conversation = store.conversations.get(id);
  return (
    <div class="stream-chat">
      {error ? <p class="list-tail" role="alert">{error}</p>
        : conversation ? <ChatPane handle={pane} store={store} conversation={conversation} version={version} back={() => {}} embedded />
          : <p class="list-tail" role="status">Joining the chat…</p>}
    </div>
  );
}
