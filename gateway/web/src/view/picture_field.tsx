// The picture or the cover of one's profile: choose, drop or paste one, see how far it is, take it away. Used by settings_profile.tsx.
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Profile } from '../social_types.ts';
import { add_files, useFileTarget, useUploads } from './attach.tsx';
import { Avatar, FormError, Icon } from './elements.tsx';
import { toast } from './overlay.tsx';

interface Props {
  store: Store;
  purpose: 'avatar' | 'cover';
  profile: Profile;
  changed: (profile: Profile) => void;
}

const words = { avatar: 'profile picture', cover: 'cover' };
const fields = { avatar: 'avatar_media_id', cover: 'cover_media_id' } as const;

export function PictureField({ store, purpose, profile, changed }: Props) {
  const list = store.uploads.of(`profile ${purpose}`, purpose, 1);
  const input = useRef<HTMLInputElement>(null);
  const [busy, set_busy] = useState(false);
  const [error, set_error] = useReducer((_: string, next: string) => next, '');
  useUploads(list);
  const upload = list.items[0];
  const media = upload?.media_id ? store.media.want(upload.media_id) : undefined;
  const set = async (media_id: string | null) => {
    set_busy(true);
    set_error('');
    try {
      changed(await store.social.api.update_me({ [fields[purpose]]: media_id }));
      list.clear();
      toast(media_id ? `Your ${words[purpose]} is changed.` : `Your ${words[purpose]} is taken away.`);
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
    set_busy(false);
  };
  // Shown from the moment when the smaller pictures are there.
  useEffect(() => {
    if (media?.state === 'ready') void set(media.media_id);
    if (media?.state === 'failed') {
      set_error('The file cannot be read.');
      list.clear();
    }
  }, [media?.state]);
  const take = (files: File[]) => {
    set_error('');
    list.clear();
    add_files(list, files.slice(0, 1));
  };
  const target = useFileTarget(take);
  const shown = upload?.preview || (purpose === 'avatar' ? profile.avatar_url : profile.cover_url) || '';
  const waits = busy || list.busy || media?.state === 'processing';
  const name = profile.display_name || profile.handle;
  return (
    <div class={`picture-field for-${purpose}`} role="group" aria-label={purpose === 'avatar' ? 'Profile picture' : 'Cover'} tabindex={-1} {...target}>
      {purpose === 'avatar'
        ? <Avatar id={profile.account_id} name={name} url={shown || null} size="large" />
        : <div class="profile-cover">{shown && <img src={gateways.address(shown)} alt="" />}</div>}
      <div class="picture-actions">
        <button type="button" class="secondary" disabled={waits} onClick={() => input.current?.click()}>
          <Icon name="picture" />{shown ? 'Change' : 'Add'}<span class="visually-hidden"> the {words[purpose]}</span></button>
        {shown && !waits && (
          <button type="button" class="text-button" onClick={() => void set(null)}>Take away<span class="visually-hidden"> the {words[purpose]}</span></button>)}
        {waits && <progress max={100} value={list.busy ? Math.round((upload?.part ?? 0) * 100) : undefined} aria-label={`Upload of the ${words[purpose]}`} />}
        {upload?.state === 'failed' && <button type="button" class="text-button" onClick={() => list.retry(upload.id)}>Try again</button>}
      </div>
      <FormError text={upload?.problem ? problem_text(upload.problem) : error} />
      <input type="file" accept="image/*" hidden ref={input} onChange={() => {
        const files = [...input.current!.files ?? []];
        input.current!.value = '';
        if (files.length > 0) take(files);
      }} />
    </div>
  );
}
