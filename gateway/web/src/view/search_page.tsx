// Finding people, posts and messages while one types, with filters. Used by shell.tsx.
import { useEffect, useRef, useState } from 'preact/hooks';
import { count_filters, no_search, search_kinds, search_most, type Search } from '../search_rules.ts';
import { address_of, tag_address } from '../routes.ts';
import { hit_key, type SearchKind } from '../search_types.ts';
import type { Suggestion } from '../social_types.ts';
import { Icon, IconButton } from './elements.tsx';
import { list_rows, useList } from './list_rows.tsx';
import { LinkTabs, PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PersonLine } from './people_list.tsx';
import { SearchFilters } from './search_filters.tsx';
import { HitView } from './search_hit.tsx';
import { VirtualRows } from './virtual_rows.tsx';

const pause_ms = 250;
const tab_names: Record<SearchKind, string> = { '': 'All', users: 'People', posts: 'Posts', messages: 'Messages' };
const domain_words: Record<string, string> = { content: 'posts', messaging: 'messages', user: 'names of people', search: 'the search' };

function followed_by({ followed_by: some, followed_by_count: all }: Suggestion): string {
  const [first] = some;
  if (!first || first.missing) return '';
  const others = all - 1;
  const rest = others === 0 ? '' : others === 1 ? ' and 1 other' : ` and ${others} others`;
  return `followed by @${first.handle}${rest}`;
}

// Shown until one types. Without follows no people can be suggested.
function Suggestions({ store }: Pick<PageProps, 'store'>) {
  const [people, set_people] = useState<Suggestion[]>([]);
  useEffect(() => {
    let current = true;
    store.social.api.suggestions().then((page) => { if (current) set_people(page.items); }, () => undefined);
    return () => { current = false; };
  }, []);
  if (people.length === 0) return null;
  return (
    <section aria-labelledby="suggested-people">
      <h3 id="suggested-people" class="list-head-line">Followed by people you follow</h3>
      <ul class="plain-list">
        {people.map((one) => one.person && (
          <li key={one.person.account_id}><PersonLine store={store} person={one.person} note={followed_by(one)} /></li>))}
      </ul>
    </section>
  );
}

const signs: [string, string][] = [
  ['tea time', 'both words'], ['"tea time"', 'these words in this order'], ['tea -milk', 'without a word'], ['engin*', 'words that begin so'],
  ['#tag', 'a hashtag'], ['@handle', 'a person, or who is named'],
];

function Start({ store }: Pick<PageProps, 'store'>) {
  return (
    <div class="column-scroll" tabindex={0} role="region" aria-label="How to search">
      <p class="list-tail">Find people, posts and your messages by their words.</p>
      <dl class="search-signs">
        {signs.map(([sign, does]) => <div key={sign}><dt><kbd>{sign}</kbd></dt><dd>{does}</dd></div>)}
      </dl>
      <Suggestions store={store} />
    </div>
  );
}

export function SearchPage({ store, search: asked }: PageProps & { search: Search }) {
  const [search, set_search] = useState(asked);
  const [filtering, set_filtering] = useState(count_filters(asked) > 0);
  // Asked of the server: behind what is typed by a moment.
  const [settled, set_settled] = useState(asked);
  const field = useRef<HTMLInputElement>(null);
  const address = address_of({ page: 'search', search });
  useEffect(() => { field.current?.focus(); }, []);
  // Another address of the search: a tab, or the way back.
  useEffect(() => {
    if (address_of({ page: 'search', search: asked }) === address) return;
    set_search(asked);
    set_settled(asked);
  }, [address_of({ page: 'search', search: asked })]);
  useEffect(() => {
    // The address follows what is typed, without an entry for each key.
    history.replaceState(history.state, '', address);
    const timer = setTimeout(() => set_settled({ ...search, q: search.q.trim() }), pause_ms);
    return () => clearTimeout(timer);
  }, [address]);
  const change = (some: Partial<Search>) => set_search({ ...search, ...some });
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && search.q !== '') {
      event.preventDefault();
      change({ q: '' });
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      document.querySelector<HTMLElement>('.page article.vrow')?.focus();
    }
  };
  const filters = count_filters(search);
  return (
    <section class="page" aria-label="Search">
      <PageHead title="Search" />
      <form class="search-form" role="search" onSubmit={(event) => { event.preventDefault(); set_settled({ ...search, q: search.q.trim() }); }}>
        <div class="search-line">
          <div class="list-filter">
            <Icon name="search" />
            <input ref={field} type="search" aria-label="Search" placeholder="Words, @handle or #hashtag" dir="auto" autocomplete="off" maxLength={search_most}
              spellcheck={false} value={search.q} onInput={(event) => change({ q: event.currentTarget.value })} onKeyDown={key} />
          </div>
          <IconButton name="settings" label={filters > 0 ? `Filters, ${filters} set` : 'Filters'} class={filters > 0 ? 'compose-tool on' : 'compose-tool'}
            aria-expanded={filtering} onClick={() => set_filtering(!filtering)} />
        </div>
        {filtering && <SearchFilters store={store} search={search} change={change} />}
        {filtering && filters > 0 && (
          <button type="button" class="text-button" onClick={() => change({ ...no_search, q: search.q, kind: search.kind })}><Icon name="close" />Without filters</button>)}
      </form>
      <LinkTabs label="Kinds" now={address}
        tabs={search_kinds.map((kind) => ({ address: address_of({ page: 'search', search: { ...search, kind } }), text: tab_names[kind] }))} />
      <div class="page-body">
        {settled.q === '' ? <Start store={store} /> : <Found key={address_of({ page: 'search', search: settled })} store={store} search={settled} />}
      </div>
    </section>
  );
}

function Found({ store, search }: PageProps & { search: Search }) {
  const { social } = store;
  const list = social.search(search);
  useList(list);
  // Shown again from its top, it is asked again: what was found may have changed.
  useEffect(() => { if (list.loaded && list.place.offset === 0) void list.refresh(); }, []);
  const tag = /^#(\S+)$/.exec(search.q)?.[1];
  const away = social.search_degraded;
  const rows = list_rows(list, {
    key: hit_key,
    draw: (hit) => <HitView store={store} hit={hit} />,
    empty: <p>Nothing was found for <bdi>“{search.q}”</bdi>{count_filters(search) > 0 && ' with these filters'}.</p>,
  });
  if (tag) {
    rows.unshift({
      key: 'tag', article: false, draw: () => <p class="line-row"><a class="text-link" href={tag_address(tag)}>All posts with <bdi>#{tag}</bdi></a></p>,
    });
  }
  if (list.loaded && away.length > 0) {
    const words = away.map((name) => domain_words[name] ?? name).join(' and ');
    rows.unshift({ key: 'degraded', article: false, draw: () => <p class="notice degraded" role="status">Without {words}: they are not available at the moment.</p> });
  }
  const count = list.items.length;
  return (
    <>
      <VirtualRows rows={rows} place={list.place} label="What was found" complete={list.complete} more={() => void list.more()} />
      <p class="visually-hidden" role="status">{list.loaded && !list.loading ? `${count}${list.complete ? '' : ' or more'} found` : ''}</p>
    </>
  );
}
