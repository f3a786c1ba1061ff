// Lines of people with what can be done about them. Used by profile_page.tsx, search_page.tsx, notifications_page.tsx and the settings.
import type { ComponentChildren } from 'preact';
import { profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Card } from '../social_types.ts';
import { Avatar, Icon } from './elements.tsx';
import { FollowButton } from './person_menu.tsx';

interface LineProps {
  store: Store;
  person: Card;
  // Beside the handle.
  note?: string;
  children?: ComponentChildren;
}

export function PersonLine({ store, person, note, children }: LineProps) {
  const name = person.display_name || person.handle;
  const { followed_by, muting } = store.social.relations.of(person);
  return (
    <div class="line-row">
      <a class="person" href={profile_address(person.handle)}>
        <Avatar id={person.account_id} name={name} url={person.avatar_url} />
        <span class="person-names">
          <strong><bdi>{name}</bdi>{person.private && <><Icon name="lock" /><span class="visually-hidden"> (private)</span></>}</strong>
          <small>@{person.handle}{followed_by && ' · follows you'}{muting && ' · muted'}{note && ` · ${note}`}</small>
        </span>
      </a>
      {children ?? <FollowButton store={store} person={person} />}
    </div>
  );
}
