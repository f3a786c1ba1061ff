// Finding people by the beginning of a handle or a name, while one types. Used by shell.tsx. The search of posts has its place below.
import { useEffect, useRef, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { address_of, tag_address } from '../routes.ts';
import type { Card, Suggestion } from '../social_types.ts';
import { FormError, Icon } from './elements.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PersonLine } from './people_list.tsx';

const pause_ms = 250;

function followed_by({ followed_by: some, followed_by_count: all }: Suggestion): string {
  const [first] = some;
  if (!first || first.missing) return '';
  const others = all - 1;
  const rest = others === 0 ? '' : others === 1 ? ' and 1 other' : ` and ${others} others`;
  return `followed by @${first.handle}${rest}`;
}

// Shown until one types. Without follows there is nobody to suggest.
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

export function SearchPage({ store, q }: PageProps & { q: string }) {
  const [text, set_text] = useState(q);
  const [found, set_found] = useState<{ q: string; people: Card[] } | null>(null);
  const [error, set_error] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const wanted = text.trim();
  useEffect(() => { field.current?.focus(); }, []);
  useEffect(() => {
    // The address follows what is typed, without an entry for each key.
    history.replaceState(history.state, '', address_of({ page: 'search', q: wanted }));
    set_error('');
    if (wanted === '') {
      set_found(null);
      return undefined;
    }
    let current = true;
    const timer = setTimeout(() => {
      store.social.api.search_people(wanted).then(
        (page) => { if (current) set_found({ q: wanted, people: page.items }); },
        (caught: unknown) => { if (current) set_error(problem_text(as_problem(caught))); });
    }, pause_ms);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  const tag = /^#(\S+)$/.exec(wanted)?.[1];
  return (
    <section class="page" aria-label="Search">
      <PageHead title="Search" />
      <form class="search-form" role="search" onSubmit={(event) => event.preventDefault()}>
        <div class="list-filter">
          <Icon name="search" />
          <input ref={field} type="search" aria-label="Find people" placeholder="Name or @handle, or #hashtag" dir="auto" autocomplete="off"
            spellcheck={false} value={text} onInput={(event) => set_text(event.currentTarget.value)} />
        </div>
      </form>
      <div class="page-body">
        <div class="column-scroll" tabindex={0} role="region" aria-label="People found">
          {tag && <p class="line-row"><a class="text-link" href={tag_address(tag)}>Posts with <bdi>#{tag}</bdi></a></p>}
          {wanted === '' && <p class="list-tail">Find people by the beginning of their name or handle.</p>}
          {wanted === '' && <Suggestions store={store} />}
          <FormError text={error} />
          <p class="visually-hidden" role="status">{found ? `${found.people.length} people found` : ''}</p>
          {found?.people.length === 0 && !tag && <p class="list-tail">Nobody is called <bdi>“{found.q}”</bdi>.</p>}
          <ul class="plain-list">
            {found?.people.map((person) => <li key={person.account_id}><PersonLine store={store} person={person} /></li>)}
          </ul>
        </div>
      </div>
    </section>
  );
}
