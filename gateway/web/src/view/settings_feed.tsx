// What the feed shows, in which order and why; words and hashtags. Each choice is kept at once. Used by settings.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { FeedPreferences, ScoreParts } from '../social_types.ts';
import { FormError, IconButton, Tick } from './elements.tsx';
import { part_names } from './post_dialogs.tsx';

const words_most = 200;
const weight_most = 10;

export function FeedSettings({ store }: { store: Store }) {
  const { preferences } = store.social;
  const [error, set_error] = useState('');
  const failed = (caught: unknown) => set_error(problem_text(as_problem(caught)));
  useEffect(() => { store.social.read_preferences().catch(failed); }, []);
  if (!preferences) return error ? <FormError text={error} /> : <p role="status">Loading…</p>;
  const change = (some: Partial<FeedPreferences>) => {
    set_error('');
    store.social.set_preferences({ ...preferences, ...some }).catch(failed);
  };
  return (
    <>
      <section class="card" aria-labelledby="settings-order">
        <h3 id="settings-order">Order</h3>
        <Order mode={preferences.mode} change={(mode) => change({ mode })} />
        {preferences.mode === 'ranked' && <Weights preferences={preferences} change={(weights) => change({ weights })} />}
        <p class="soft">“Why is this here?” in the menu of a post tells what brought it to your feed.</p>
        <FormError text={error} />
      </section>
      <section class="card" aria-labelledby="settings-shown">
        <h3 id="settings-shown">What is shown</h3>
        <Tick label="Shares" hint="Posts that people you follow share" checked={preferences.show_shares} change={(show_shares) => change({ show_shares })} />
        <Tick label="Quotes" hint="Posts that answer others by quoting them" checked={preferences.show_replies} change={(show_replies) => change({ show_replies })} />
        <a class="text-link" href="#/tags">Hashtags that you follow</a>
      </section>
      <MutedWords words={preferences.muted_words} change={(muted_words) => change({ muted_words })} />
    </>
  );
}

const modes: [FeedPreferences['mode'], string, string][] = [
  ['chronological', 'Newest first', 'Everything from those you follow, by time'],
  ['ranked', 'Ranked for you', 'By a score of four parts that you weigh yourself'],
];

function Order({ mode, change }: { mode: FeedPreferences['mode']; change: (mode: FeedPreferences['mode']) => void }) {
  return (
    <fieldset class="plain">
      <legend class="visually-hidden">Order of the feed</legend>
      {modes.map(([value, label, hint]) => (
        <label class="tick" key={value}>
          <input type="radio" name="feed-mode" checked={mode === value} onChange={() => change(value)} />
          <span><span class="tick-label">{label}</span><small>{hint}</small></span>
        </label>
      ))}
    </fieldset>
  );
}

function Weights({ preferences, change }: { preferences: FeedPreferences; change: (weights: Partial<ScoreParts>) => void }) {
  return (
    <fieldset class="weights">
      <legend>How much each part counts</legend>
      {(Object.keys(part_names) as (keyof ScoreParts)[]).map((part) => {
        const value = preferences.weights?.[part] ?? 1;
        return (
          <label key={part} class="weight">
            <span><span class="tick-label">{part_names[part].name}</span><small>{part_names[part].text}</small></span>
            <input type="range" min={0} max={weight_most} step={0.5} value={value} aria-valuetext={String(value)}
              onChange={(event) => change({ ...preferences.weights, [part]: Number(event.currentTarget.value) })} />
            <output>{value}</output>
          </label>
        );
      })}
    </fieldset>
  );
}

function MutedWords({ words, change }: { words: string[]; change: (words: string[]) => void }) {
  const [word, set_word] = useState('');
  const add = (event: Event) => {
    event.preventDefault();
    const wanted = word.trim();
    if (wanted === '' || words.length >= words_most) return;
    if (!words.includes(wanted)) change([...words, wanted]);
    set_word('');
  };
  return (
    <form class="card" aria-labelledby="settings-words" onSubmit={add}>
      <h3 id="settings-words">Muted words</h3>
      <p class="soft">Posts with one of these words do not come to your feed. Whole words count.</p>
      {words.length > 0 && (
        <ul class="chips" aria-label="Muted words">
          {words.map((one) => (
            <li class="chip" key={one}><bdi>{one}</bdi><IconButton name="close" label={`Remove ${one}`} onClick={() => change(words.filter((other) => other !== one))} /></li>
          ))}
        </ul>)}
      <div class="word-line">
        <input type="text" aria-label="Word to mute" placeholder="Word" dir="auto" autocomplete="off" maxLength={100} value={word}
          onInput={(event) => set_word(event.currentTarget.value)} />
        <button type="submit" class="secondary" disabled={word.trim() === ''}>Mute</button>
      </div>
    </form>
  );
}
