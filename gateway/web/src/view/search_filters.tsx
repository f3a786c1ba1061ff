// The fields that narrow a search: whose, where, when, in which language. Used by search_page.tsx.
import type { Store } from '../store.ts';
import { filters_of, type Filter, type Search } from '../search_rules.ts';
import { Choice, Field } from './elements.tsx';

const languages = ['ar', 'de', 'en', 'es', 'fr', 'hi', 'it', 'ja', 'ko', 'nl', 'pl', 'pt', 'ru', 'tr', 'uk', 'zh'];
const name_of_language = new Intl.DisplayNames(undefined, { type: 'language' });

interface Props {
  store: Store;
  search: Search;
  change: (some: Partial<Search>) => void;
}

export function SearchFilters({ store, search, change }: Props) {
  const shown = new Set<Filter>(filters_of(search.kind));
  const conversations = store.list().slice(0, 200);
  const listed = conversations.some(({ id }) => id === search.in);
  return (
    <fieldset class="search-filters">
      <legend class="visually-hidden">Filters</legend>
      {shown.has('from') && (
        <Field label="By" name="from" placeholder="@handle" autocomplete="off" spellcheck={false} dir="auto" maxLength={64} value={search.from}
          onInput={(event) => change({ from: event.currentTarget.value })} />)}
      {shown.has('in') && (
        <Choice label="In the conversation" value={search.in} change={(id) => change({ in: id })}
          options={[['', 'All conversations'], ...(search.in && !listed ? [[search.in, 'This conversation'] as [string, string]] : []),
            ...conversations.map((one): [string, string] => [one.id, one.name(store.me.account_id)])]} />)}
      {shown.has('since') && (
        <Field label="From this day" type="date" name="since" value={search.since} onInput={(event) => change({ since: event.currentTarget.value })} />)}
      {shown.has('until') && (
        <Field label="To this day" type="date" name="until" value={search.until} onInput={(event) => change({ until: event.currentTarget.value })} />)}
      {shown.has('language') && (
        <Choice label="Language" value={search.language} change={(language) => change({ language })}
          options={[['', 'All languages'], ...languages.map((one): [string, string] => [one, name_of_language.of(one) ?? one])]} />)}
    </fieldset>
  );
}
