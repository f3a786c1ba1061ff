// What others did that concerns the person, and requests to follow. Looking at it marks it as read. Used by shell.tsx.
import { useEffect } from 'preact/hooks';
import { post_address, profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Card, Notification, NotificationKind } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { is_looked_at } from './attention.ts';
import { Avatar, Icon, type IconName } from './elements.tsx';
import { full_time, short_ago } from './format.ts';
import { list_rows, useList } from './list_rows.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PersonLine } from './people_list.tsx';
import { name_of } from './post_view.tsx';
import { VirtualRows, type Row } from './virtual_rows.tsx';

const kinds: Record<NotificationKind, { name: IconName; text: string }> = {
  follow: { name: 'user', text: 'follows you' },
  follow_request: { name: 'user', text: 'asks to follow you' },
  mention: { name: 'at', text: 'mentioned you' },
  comment: { name: 'comment', text: 'commented' },
  reaction: { name: 'heart', text: 'reacted to your post' },
  share: { name: 'share', text: 'shared your post' },
  poll_ended: { name: 'poll', text: 'A poll has ended' },
};

export function NotificationsPage({ store }: PageProps) {
  const { social } = store;
  const list = social.notifications;
  useList(list);
  // Looked at is read: the list shows what was new until it is left.
  useEffect(() => { if (list.loaded && is_looked_at()) social.read_all(); });
  useEffect(() => () => social.seen_notifications(), []);
  const rows: Row[] = [];
  if (list.items.some((item) => item.kind === 'follow_request')) {
    rows.push({
      key: 'requests', article: false,
      draw: () => <a class="line-row requests-link" href="#/requests"><Icon name="people" /><strong>Requests to follow you</strong></a>,
    });
  }
  rows.push(...list_rows(list, {
    key: (item) => item.notification_id,
    draw: (item) => <Line store={store} item={item} />,
    empty: <p>Nothing yet. When people follow you, mention you, or react to your posts, it shows here.</p>,
  }));
  return (
    <section class="page" aria-label="Notifications">
      <PageHead title="Notifications" />
      <div class="page-body">
        <VirtualRows rows={rows} place={list.place} label="All notifications" complete={list.complete} more={() => void list.more()} />
      </div>
    </section>
  );
}

function Line({ store, item }: { store: Store; item: Notification }) {
  const { name: icon, text } = kinds[item.kind] ?? { name: 'bell', text: 'did something' };
  const at = Date.parse(item.created_at);
  const { actor } = item;
  const post = item.post_id ? store.social.posts.want(item.post_id) : null;
  const name = name_of(actor);
  const address = item.post_id ? post_address(item.post_id) : item.kind === 'follow_request' ? '#/requests' : actor?.handle ? profile_address(actor.handle) : '#/notifications';
  const open = (event: MouseEvent) => { if (!(event.target as HTMLElement).closest('a, button')) location.hash = address; };
  return (
    <div class={`notification kind-${item.kind}${item.read ? '' : ' new'}`} onClick={open}>
      <span class="notification-icon"><Icon name={icon} /></span>
      {item.kind !== 'poll_ended' && <Avatar id={actor?.account_id ?? ''} name={name} url={actor?.avatar_url ?? null} size="small" />}
      <div class="notification-body">
        <p>
          {item.kind !== 'poll_ended' && actor?.handle && <a href={profile_address(actor.handle)}><strong><bdi>{name}</bdi></strong></a>}{' '}
          <a class="notification-what" href={address} aria-keyshortcuts="Enter">{text}</a>
          {!item.read && <span class="visually-hidden"> (new)</span>}
        </p>
        {post && <p class="notification-text" dir="auto">{post.content_warning || post.text || 'A poll'}</p>}
      </div>
      <time datetime={item.created_at} title={full_time(at)}>{short_ago(at)}</time>
    </div>
  );
}

export function RequestsPage({ store }: PageProps) {
  const { social } = store;
  const list = social.list<Card>('requests', (cursor) => social.api.mine('follow-requests', cursor), (card) => card.account_id);
  useList(list);
  useEffect(() => () => social.forget_list('requests'), []);
  const answer = async (person: Card, accept: boolean) => {
    if (await attempt(social.api.answer_request(person.account_id, accept), accept ? `@${person.handle} follows you now.` : '')) list.remove(person.account_id);
  };
  const rows = list_rows(list, {
    key: (card) => card.account_id, empty: <p>Nobody is waiting for an answer.</p>,
    draw: (person) => (
      <PersonLine store={store} person={person}>
        <button type="button" class="primary" onClick={() => void answer(person, true)}>Accept<span class="visually-hidden"> {name_of(person)}</span></button>
        <button type="button" class="secondary" onClick={() => void answer(person, false)}>Refuse<span class="visually-hidden"> {name_of(person)}</span></button>
      </PersonLine>),
  });
  return (
    <section class="page" aria-label="Requests to follow you">
      <PageHead title="Requests to follow you" nested />
      <div class="page-body">
        <VirtualRows rows={rows} place={list.place} label="People who ask" complete={list.complete} more={() => void list.more()} />
      </div>
    </section>
  );
}
