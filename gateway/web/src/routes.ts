// What an address of the page shows, and back: the part behind # is the route. Used by view/shell.tsx and every link.
import { listed_states, type ListedState } from './streams.ts';
import { search_of, search_path, type Search } from './search_rules.ts';

export type ProfileTab = 'posts' | 'media' | 'shares' | 'followers' | 'following';
export type SettingsSection = 'profile' | 'account' | 'privacy' | 'notifications' | 'feed' | 'keys';

export type Route =
  | { page: 'home' } | { page: 'notifications' } | { page: 'requests' } | { page: 'chats' } | { page: 'bookmarks' } | { page: 'drafts' }
  | { page: 'tags' } | { page: 'missing' }
  | { page: 'live'; state: ListedState } | { page: 'stream'; id: string }
  | { page: 'search'; search: Search } | { page: 'tag'; tag: string }
  // `seq`: the message that is jumped to.
  | { page: 'chat'; id: string; seq?: number }
  // A person by the id: a mention follows the account, not the handle.
  | { page: 'person'; id: string }
  // `answer`: the field for a comment has the focus.
  | { page: 'post'; id: string; answer: boolean }
  | { page: 'profile'; handle: string; tab: ProfileTab }
  | { page: 'settings'; section: SettingsSection };

export const profile_tabs: ProfileTab[] = ['posts', 'media', 'shares', 'followers', 'following'];
export const settings_sections: SettingsSection[] = ['profile', 'account', 'privacy', 'notifications', 'feed', 'keys'];
const plain = ['home', 'notifications', 'requests', 'chats', 'bookmarks', 'drafts', 'tags'] as const;
const id_pattern = /^[0-9a-f-]{36}$/;
const missing: Route = { page: 'missing' };

function unescaped(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

// `hash` as location has it: "#/p/…", or empty for the start.
export function route_of(hash: string): Route {
  const given = hash.replace(/^#?\/?/, '').split('/');
  const parts = given.map(unescaped);
  const [first = '', second = '', third = ''] = parts;
  if (first === null || second === null || third === null || parts.length > 3) return missing;
  if (first === '') return { page: 'home' };
  if (first.startsWith('@') && first.length > 1) {
    const tab = profile_tabs.find((one) => one === (second || 'posts'));
    return tab && !third ? { page: 'profile', handle: first.slice(1), tab } : missing;
  }
  if (first === 'search') {
    const search = search_of(second, given[2] ?? '');
    return search ? { page: 'search', search } : missing;
  }
  if (first === 'tag' && second && !third) return { page: 'tag', tag: second };
  if (first === 'live' && !third) {
    if (id_pattern.test(second)) return { page: 'stream', id: second };
    const state = listed_states.find((one) => one === (second || 'live'));
    return state ? { page: 'live', state } : missing;
  }
  if (first === 'c' && id_pattern.test(second)) return { page: 'chat', id: second, ...(/^\d{1,15}$/.test(third) ? { seq: Number(third) } : {}) };
  if (first === 'u' && id_pattern.test(second) && !third) return { page: 'person', id: second };
  if (first === 'p' && id_pattern.test(second)) return { page: 'post', id: second, answer: third === 'answer' };
  if (first === 'settings' && !third) {
    const section = settings_sections.find((one) => one === (second || 'profile'));
    return section ? { page: 'settings', section } : missing;
  }
  const page = plain.find((one) => one === first);
  return page && !second ? { page } : missing;
}

export function address_of(route: Route): string {
  switch (route.page) {
    case 'home': case 'missing': return '#/';
    case 'search': return `#/search${search_path(route.search)}`;
    case 'chat': return `#/c/${route.id}${route.seq === undefined ? '' : `/${route.seq}`}`;
    case 'live': return `#/live${route.state === 'live' ? '' : `/${route.state}`}`;
    case 'stream': return `#/live/${route.id}`;
    case 'person': return `#/u/${route.id}`;
    case 'tag': return `#/tag/${encodeURIComponent(route.tag)}`;
    case 'post': return `#/p/${route.id}${route.answer ? '/answer' : ''}`;
    case 'profile': return `#/@${route.handle}${route.tab === 'posts' ? '' : `/${route.tab}`}`;
    case 'settings': return `#/settings${route.section === 'profile' ? '' : `/${route.section}`}`;
    default: return `#/${route.page}`;
  }
}

export const profile_address = (handle: string): string => address_of({ page: 'profile', handle, tab: 'posts' });
export const person_address = (id: string): string => address_of({ page: 'person', id });
export const post_address = (id: string): string => address_of({ page: 'post', id, answer: false });
export const tag_address = (tag: string): string => address_of({ page: 'tag', tag });
