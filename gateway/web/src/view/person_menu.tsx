// What can be done about a person: follow, mute, block. Used by post_actions.tsx, the lists of people and profile_page.tsx.
import type { Store } from '../store.ts';
import type { Card } from '../social_types.ts';
import { attempt } from './attempt.ts';
import type { Entry } from './menu.tsx';
import { confirm, open_dialog } from './overlay.tsx';

const mute_lengths: [string, number][] = [['For an hour', 3_600], ['For a day', 86_400], ['For a week', 7 * 86_400], ['Until you take it back', 0]];

export function FollowButton({ store, person }: { store: Store; person: Card }) {
  if (person.account_id === store.me.account_id) return null;
  const { relations } = store.social;
  const { following, requested, followed_by, blocking } = relations.of(person);
  const name = person.display_name || person.handle;
  if (blocking) {
    return (
      <button type="button" class="secondary danger" onClick={() => void attempt(relations.block(person, false))}>
        Unblock<span class="visually-hidden"> {name}</span></button>
    );
  }
  const on = following || requested;
  const text = following ? 'Following' : requested ? 'Requested' : followed_by ? 'Follow back' : 'Follow';
  const toggle = async () => {
    if (following && person.private && !await confirm({
      title: `Unfollow ${name}?`, text: 'To follow again, you have to ask again.', yes: 'Unfollow', danger: true,
    })) return;
    await attempt(relations.follow(person, !on));
  };
  return (
    <button type="button" class={on ? 'secondary follow on' : 'primary follow'} aria-pressed={on} onClick={() => void toggle()}>
      {text}<span class="visually-hidden"> {name}</span></button>
  );
}

function mute_dialog(store: Store, person: Card): void {
  const mute = (length_s: number) => {
    const until = length_s > 0 ? new Date(Date.now() + length_s * 1_000).toISOString() : undefined;
    void attempt(store.social.relations.mute(person, true, until), `@${person.handle} is muted.`).then((done) => {
      if (done) store.social.hide(person.account_id);
    });
  };
  open_dialog(`Mute @${person.handle}?`, (close) => (
    <div class="dialog-body">
      <p>Their posts leave your feed, and their acts your notifications. They are not told.</p>
      <div class="actions">
        {mute_lengths.map(([label, length_s], i) => (
          <button type="button" class="action" key={label} data-autofocus={i === 0} onClick={() => { close(); mute(length_s); }}>{label}</button>
        ))}
      </div>
    </div>
  ));
}

async function block(store: Store, person: Card): Promise<void> {
  const text = 'You no longer see each other\'s posts, neither can write to the other, and follows end on both sides.';
  if (!await confirm({ title: `Block @${person.handle}?`, text, yes: 'Block', danger: true })) return;
  if (await attempt(store.social.relations.block(person, true), `@${person.handle} is blocked.`)) store.social.hide(person.account_id);
}

export function person_entries(store: Store, person: Card): Entry[] {
  const { relations } = store.social;
  const { following, requested, muting, blocking } = relations.of(person);
  const handle = `@${person.handle}`;
  const on = following || requested;
  const entries: Entry[] = [];
  if (!blocking) {
    entries.push(
      { name: 'user', label: on ? `Unfollow ${handle}` : `Follow ${handle}`, work: () => void attempt(relations.follow(person, !on)) },
      muting
        ? { name: 'mute', label: `Unmute ${handle}`, work: () => void attempt(relations.mute(person, false)) }
        : { name: 'mute', label: `Mute ${handle}`, work: () => mute_dialog(store, person) },
    );
  }
  entries.push(blocking
    ? { name: 'check', label: `Unblock ${handle}`, work: () => void attempt(relations.block(person, false)) }
    : { name: 'block', label: `Block ${handle}`, danger: true, work: () => void block(store, person) });
  return entries;
}
