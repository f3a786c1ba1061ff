// What a person says of themselves: name, a few lines, links. Used by settings.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Link, Profile } from '../social_types.ts';
import { Field, FormError, Icon, IconButton } from './elements.tsx';
import { toast } from './overlay.tsx';
import { PictureField } from './picture_field.tsx';

const bio_bytes = 2_000;
const links_most = 5;

export function ProfileForm({ store }: { store: Store }) {
  const [profile, set_profile] = useState<Profile | null>(null);
  const [name, set_name] = useState(store.me.display_name);
  const [bio, set_bio] = useState('');
  const [links, set_links] = useState<Link[]>([]);
  const [error, set_error] = useState('');
  const [errors, set_errors] = useState<Record<string, string>>({});
  const take = (read: Profile) => {
    set_profile(read);
    set_name(read.display_name);
    set_bio(read.bio ?? '');
    set_links(read.links ?? []);
  };
  const pictured = (changed: Profile) => {
    set_profile(changed);
    store.adopt_me(changed);
  };
  // Until the server has said what is there, nothing can be written over it.
  useEffect(() => {
    store.social.api.me().then(take, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    set_error('');
    set_errors({});
    if (name.trim() === '') {
      set_errors({ display_name: 'Please fill this in.' });
      return;
    }
    const wanted = links.map(({ title, url }) => ({ title: title?.trim() ?? '', url: address_of(url) })).filter(({ url }) => url !== '');
    try {
      const changed = await store.social.api.update_me({ display_name: name.trim(), bio: bio.trim(), links: wanted });
      take(changed);
      store.adopt_me(changed);
      toast('Your profile is saved.');
    } catch (caught) {
      const problem = as_problem(caught);
      set_errors(Object.fromEntries(problem.errors.map(({ field, detail }) => [field.split('.')[0], detail])));
      if (problem.errors.length === 0) set_error(problem_text(problem));
    }
  };
  const write = (at: number, some: Partial<Link>) => set_links(links.map((link, i) => (i === at ? { ...link, ...some } : link)));
  return (
    <form class="card" onSubmit={(event) => void submit(event)} aria-labelledby="settings-profile">
      <h3 id="settings-profile">Profile</h3>
      {profile && <PictureField store={store} purpose="cover" profile={profile} changed={pictured} />}
      {profile && <PictureField store={store} purpose="avatar" profile={profile} changed={pictured} />}
      <Field label="Your name" name="display_name" autocomplete="name" dir="auto" value={name} error={errors.display_name ?? ''}
        disabled={!profile}
        hint={profile ? `Others find you as @${profile.handle}` : ''} onInput={(event) => set_name(event.currentTarget.value)} />
      <div class={`field${errors.bio ? ' wrong' : ''}`}>
        <label for="settings-bio">About you</label>
        <textarea id="settings-bio" name="bio" rows={3} dir="auto" maxLength={bio_bytes} value={bio} aria-describedby="settings-bio-note"
          disabled={!profile}
          onInput={(event) => set_bio(event.currentTarget.value)} />
        <span class="field-note" id="settings-bio-note">{errors.bio}</span>
      </div>
      <fieldset class="links">
        <legend>Links</legend>
        {links.map((link, i) => (
          <div class="link-line" key={i}>
            <input type="text" aria-label={`Name of link ${i + 1}`} placeholder="Name" dir="auto" maxLength={64} value={link.title ?? ''}
              onInput={(event) => write(i, { title: event.currentTarget.value })} />
            <input type="url" aria-label={`Address of link ${i + 1}`} placeholder="https://" dir="ltr" value={link.url}
              onInput={(event) => write(i, { url: event.currentTarget.value })} />
            <IconButton name="close" label={`Remove link ${i + 1}`} onClick={() => set_links(links.filter((_, at) => at !== i))} />
          </div>
        ))}
        {links.length < links_most && (
          <button type="button" class="text-button" disabled={!profile} onClick={() => set_links([...links, { title: '', url: '' }])}>
            <Icon name="plus" />Add a link</button>)}
        <FormError text={errors.links ?? ''} />
      </fieldset>
      <FormError text={error} />
      <button type="submit" class="primary" disabled={!profile}>Save profile</button>
    </form>
  );
}

// A link goes to the web, whether its writer said so or not.
function address_of(text: string): string {
  const url = text.trim();
  return url === '' || /^https?:\/\//i.test(url) ? url : `https://${url}`;
}
