// One thing that was found: a person, a post or a message, with the words that were looked for marked. Used by search_page.tsx.
import type { ConversationState } from '../conversation.ts';
import type { Highlight, Hit } from '../search_types.ts';
import { parts_of } from '../search_rules.ts';
import { address_of, post_address, profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import { Avatar, Icon } from './elements.tsx';
import { full_time, short_ago } from './format.ts';
import { FollowButton } from './person_menu.tsx';
import { name_of } from './post_view.tsx';
import { plural } from './text_rules.ts';

function Marked({ parts }: { parts: Highlight['parts'] }) {
  return <>{parts.map(({ text, hit }, i) => (hit ? <mark key={i}>{text}</mark> : text))}</>;
}

export function HitView({ store, hit }: { store: Store; hit: Hit }) {
  if (hit.user) return <PersonHit store={store} hit={hit} person={hit.user} />;
  if (hit.post) return <PostHit hit={hit} post={hit.post} />;
  if (hit.message) return <MessageHit store={store} hit={hit} message={hit.message} />;
  return null;
}

function PersonHit({ store, hit, person }: { store: Store; hit: Hit; person: NonNullable<Hit['user']> }) {
  return (
    <div class="line-row">
      <a class="person" href={profile_address(person.handle)} aria-keyshortcuts="Enter">
        <Avatar id={person.account_id} name={name_of(person)} url={person.avatar_url} />
        <span class="person-names">
          <strong><bdi><Marked parts={parts_of(hit.highlights, 'display_name', name_of(person))} /></bdi></strong>
          <small>@<Marked parts={parts_of(hit.highlights, 'handle', person.handle)} /></small>
        </span>
      </a>
      <FollowButton store={store} person={person} />
    </div>
  );
}

interface LineProps {
  address: string;
  kind: string;
  picture: { id: string; name: string; url: string | null };
  who: string;
  // Beside the name.
  note: string;
  at: string;
  text: Highlight['parts'];
  files: number;
}

function Line({ address, kind, picture, who, note, at, text, files }: LineProps) {
  const ms = Date.parse(at);
  return (
    <a class="hit" href={address} aria-keyshortcuts="Enter">
      <Avatar {...picture} />
      <span class="hit-body">
        <span class="hit-head">
          <span class="hit-who"><span class="visually-hidden">{kind} by </span><strong><bdi>{who}</bdi></strong> <small><bdi>{note}</bdi></small></span>
          <time datetime={at} title={full_time(ms)}>{short_ago(ms)}</time>
        </span>
        <span class="hit-text" dir="auto"><Marked parts={text} /></span>
        {files > 0 && <span class="hit-files"><Icon name="clip" />{plural(files, 'file', 'files')}</span>}
      </span>
    </a>
  );
}

function PostHit({ hit, post }: { hit: Hit; post: NonNullable<Hit['post']> }) {
  const { author } = post;
  return (
    <Line address={post_address(post.post_id)} kind="Post" at={post.created_at} files={post.media.length} who={name_of(author)} note={author?.handle ? `@${author.handle}` : ''}
      picture={{ id: author?.account_id ?? '', name: name_of(author), url: author?.avatar_url ?? null }} text={parts_of(hit.highlights, 'text', post.text)} />
  );
}

// Where a message stands.
function place_of(store: Store, conversation: ConversationState, mine: boolean): string {
  if (conversation.kind === 'direct' && !mine) return 'to you';
  return `${conversation.kind === 'direct' ? 'to' : 'in'} ${conversation.name(store.me.account_id)}`;
}

function MessageHit({ store, hit, message }: { store: Store; hit: Hit; message: NonNullable<Hit['message']> }) {
  const { conversation_id: id, sender_id, seq, media_ids } = message;
  const conversation = store.conversations.get(id);
  const me = sender_id === store.me.account_id;
  const name = store.name_of(sender_id, conversation);
  return (
    <Line address={address_of({ page: 'chat', id, seq })} kind="Message" at={message.sent_at} files={media_ids.length} who={me ? 'You' : name}
      note={conversation ? place_of(store, conversation, me) : ''} picture={{ id: sender_id, name, url: me ? store.me.avatar_url ?? null : store.people.picture(sender_id) }}
      text={parts_of(hit.highlights, 'text', message.text)} />
  );
}
