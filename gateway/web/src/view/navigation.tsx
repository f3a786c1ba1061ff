// The way between the parts of Nova: a rail beside the page, a bar below it on a phone. Used by shell.tsx.
import { profile_address, type Route } from '../routes.ts';
import type { Store } from '../store.ts';
import { Avatar, Icon, type IconName } from './elements.tsx';
import { open_menu, type Entry } from './menu.tsx';

export interface NavigationActions {
  post: () => void;
  // The place that is shown already is pressed again.
  again: (address: string) => void;
  switch_account: () => void;
  log_out: () => void;
}

interface Props {
  store: Store;
  route: Route;
  actions: NavigationActions;
}

interface Place {
  address: string;
  name: IconName;
  text: string;
  pages: Route['page'][];
  count?: number;
  // What the count counts.
  counted?: string;
  // Of the bar on a phone: the others are behind "More".
  first?: boolean;
}

function places(store: Store): Place[] {
  const { handle } = store.me;
  return [
    { address: '#/', name: 'home', text: 'Home', pages: ['home'], count: store.social.new_posts, counted: 'new posts', first: true },
    { address: '#/search', name: 'search', text: 'Search', pages: ['search'], first: true },
    { address: '#/notifications', name: 'bell', text: 'Notifications', pages: ['notifications', 'requests'], count: store.social.unread, counted: 'unread', first: true },
    { address: '#/chats', name: 'chat', text: 'Chats', pages: ['chats', 'chat'], count: store.unread(), counted: 'unread', first: true },
    { address: '#/live', name: 'live', text: 'Live', pages: ['live', 'stream'] },
    { address: '#/bookmarks', name: 'bookmark', text: 'Bookmarks', pages: ['bookmarks'] },
    { address: profile_address(handle), name: 'user', text: 'Profile', pages: ['profile'] },
    { address: '#/settings', name: 'settings', text: 'Settings', pages: ['settings'] },
  ];
}

const go = (address: string) => { location.hash = address; };

function more_entries(store: Store, actions: NavigationActions, all: boolean): Entry[] {
  const rest: Entry[] = all
    ? places(store).filter((place) => !place.first).map(({ name, text, address }) => ({ name, label: text, work: () => go(address) })) : [];
  return [
    ...rest,
    { name: 'write', label: 'Drafts and scheduled', work: () => go('#/drafts') },
    { name: 'hash', label: 'Hashtags', work: () => go('#/tags') },
    { name: 'swap', label: 'Switch account', work: actions.switch_account },
    { name: 'leave', label: 'Log out', work: actions.log_out },
  ];
}

export function Navigation({ store, route, actions }: Props) {
  const { me } = store;
  const name = me.display_name || me.handle;
  const own = route.page === 'profile' && route.handle.toLowerCase() === me.handle.toLowerCase();
  return (
    <nav class="rail" aria-label="Nova">
      <a class="rail-brand" href="#/" tabindex={-1} aria-hidden="true"><span class="brand-mark" />Nova</a>
      <ul>
        {places(store).map(({ address, name: icon, text, pages, count = 0, counted = '', first }) => {
          const current = pages.includes(route.page) && (route.page !== 'profile' || own);
          return (
            <li key={text} class={first ? '' : 'rest'}>
              <a class="rail-link" href={address} aria-current={current ? 'page' : undefined} title={text}
                onClick={() => { if (location.hash === address || (address === '#/' && location.hash === '')) actions.again(address); }}>
                <span class="rail-icon"><Icon name={icon} />{count > 0 && <span class="badge" aria-hidden="true">{count > 99 ? '99+' : count}</span>}</span>
                <span class="rail-text">{text}</span>
                {count > 0 && <span class="visually-hidden">, {count} {counted}</span>}
              </a>
            </li>
          );
        })}
        <li class="more">
          <button type="button" class="rail-link" aria-haspopup="menu" aria-expanded={false} title="More"
            onClick={(event) => open_menu(event.currentTarget, { label: 'More', entries: more_entries(store, actions, matchMedia('(max-width: 719px)').matches) })}>
            <span class="rail-icon"><Icon name="more" /></span><span class="rail-text">More</span>
          </button>
        </li>
      </ul>
      <button type="button" class="primary rail-post" title="New post (n)" onClick={actions.post}><Icon name="write" /><span class="rail-text">New post</span></button>
      <a class="rail-me" href={profile_address(me.handle)} title={`@${me.handle}`}>
        <Avatar id={me.account_id} name={name} size="small" url={me.avatar_url ?? null} />
        <span class="list-names rail-text"><strong><bdi>{name}</bdi></strong><small>@{me.handle}</small></span>
      </a>
    </nav>
  );
}
