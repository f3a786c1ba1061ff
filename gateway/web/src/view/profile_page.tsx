// A person: what they say of themselves, their posts and shares, who follows them. One's own too. Used by shell.tsx.
import { useEffect } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import { problem_text } from '../problem.ts';
import { address_of, profile_address, profile_tabs, type ProfileTab } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Card, Profile } from '../social_types.ts';
import { attempt, copy_text, link_to } from './attempt.ts';
import { Avatar, Icon, IconButton } from './elements.tsx';
import { month_of } from './format.ts';
import { list_rows } from './list_rows.tsx';
import { open_menu } from './menu.tsx';
import { LinkTabs, PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PersonLine } from './people_list.tsx';
import { FollowButton, person_entries } from './person_menu.tsx';
import { post_rows } from './post_list_page.tsx';
import { PostView } from './post_view.tsx';
import { RichText } from './rich_text.tsx';
import { short_count } from './text_rules.ts';
import { VirtualRows, type Row } from './virtual_rows.tsx';

const tab_names: Record<ProfileTab, string> = { posts: 'Posts', media: 'Media', shares: 'Shares', followers: 'Followers', following: 'Following' };

export function ProfilePage({ store, handle, tab }: PageProps & { handle: string; tab: ProfileTab }) {
  const { social } = store;
  const found = social.profile(handle);
  useEffect(() => { void found.read(); }, [handle]);
  const { profile, problem } = found;
  const rows: Row[] = [];
  let list: { complete: boolean; more: () => void; place: typeof found.place } = { complete: true, more: () => {}, place: found.place };
  if (!profile) {
    const gone = problem?.code === 'not_found';
    rows.push({
      key: 'none', article: false,
      draw: () => (problem
        ? (
          <div class="list-tail" role="alert">
            <p>{gone ? `There is nobody called @${handle}.` : problem_text(problem)}</p>
            {!gone && <button type="button" class="secondary" onClick={() => void found.read()}>Try again</button>}
          </div>)
        : <p class="list-tail" role="status">Loading…</p>),
    });
  } else {
    rows.push({ key: 'head', article: false, draw: () => <Head store={store} profile={profile} tab={tab} /> });
    const shown = contents(store, profile, tab);
    rows.push(...shown.rows);
    list = { ...shown.list, place: found.places[tab] };
  }
  return (
    <section class="page" aria-label="Profile">
      <PageHead title={<bdi>{profile ? profile.display_name || profile.handle : `@${handle}`}</bdi>} nested={profile?.account_id !== store.me.account_id} />
      <div class="page-body">
        <VirtualRows key={tab} rows={rows} place={list.place} label="Person and posts" complete={list.complete} more={list.more} />
      </div>
    </section>
  );
}

// The page of a mention: it goes on to the handle that the person has now.
export function PersonPage({ store, id }: PageProps & { id: string }) {
  useEffect(() => {
    store.social.api.profile_of(id).then(
      ({ handle }) => location.replace(profile_address(handle)), () => location.replace('#/missing'));
  }, [id]);
  return <section class="page" aria-label="Profile"><PageHead title="Profile" nested /><p class="list-tail" role="status">Loading…</p></section>;
}

function contents(store: Store, profile: Profile, tab: ProfileTab) {
  const { social } = store;
  const { account_id: id } = profile;
  const relation = social.relations.of(profile);
  const own = id === store.me.account_id;
  const word = (text: string) => ({
    rows: [{ key: 'word', article: false, draw: () => <p class="list-tail">{text}</p> }], list: { complete: true, more: () => {} },
  });
  if (relation.blocking) return word(`You have blocked @${profile.handle}.`);
  if (profile.bio === undefined) return word(`@${profile.handle} has blocked you.`);
  if (profile.private && !own && !relation.following) return word(`Only followers see what @${profile.handle} posts. Follow to ask.`);
  if (tab === 'followers' || tab === 'following') {
    const people = social.list<Card>(`${tab} ${id}`, (cursor) => social.api.people(id, tab, cursor), (card) => card.account_id);
    people.open();
    const empty = tab === 'followers' ? 'Nobody follows this person yet.' : 'This person follows nobody yet.';
    const rows = list_rows(people, { key: (card) => card.account_id, draw: (card) => <PersonLine store={store} person={card} />, empty: <p>{empty}</p> });
    return { rows, list: { complete: people.complete, more: () => void people.more() } };
  }
  const list = social.post_list(`${tab} ${id}`, (cursor) => social.api.posts_of(id, tab, cursor));
  list.open();
  const pins = tab === 'posts' ? (profile.pinned_post_ids ?? []) : [];
  const pinned: Row[] = pins.flatMap((post_id) => {
    const post = social.posts.want(post_id);
    return post && post.pinned ? [{ key: `pin-${post_id}`, article: true, draw: () => <PostView store={store} post={post} /> }] : [];
  });
  const rest = post_rows(store, list, <p>{{ posts: 'No posts yet.', media: 'No posts with pictures or files yet.', shares: 'Nothing shared yet.' }[tab]}</p>)
    .filter((row) => !pinned.some((pin) => pin.key === `pin-${row.key}`));
  return { rows: [...pinned, ...rest], list: { complete: list.complete, more: () => void list.more() } };
}

async function message(store: Store, account_id: string): Promise<void> {
  await attempt(store.start_direct(account_id).then((conversation) => { location.hash = `#/c/${conversation.id}`; }));
}

function Head({ store, profile, tab }: { store: Store; profile: Profile; tab: ProfileTab }) {
  const own = profile.account_id === store.me.account_id;
  const name = profile.display_name || profile.handle;
  const { followed_by, muting, blocking } = store.social.relations.of(profile);
  const known = profile.bio !== undefined;
  const address = (one: ProfileTab) => address_of({ page: 'profile', handle: profile.handle, tab: one });
  return (
    <div class="profile">
      <div class="profile-cover">{profile.cover_url && <img src={gateways.address(profile.cover_url)} alt="" />}</div>
      <div class="profile-top">
        <Avatar id={profile.account_id} name={name} url={profile.avatar_url} size="large" />
        <div class="profile-buttons">
          {own && <a class="secondary link" href="#/settings">Edit profile</a>}
          {!own && known && !blocking && (
            <IconButton name="chat" label={`Message ${name}`} class="framed" onClick={() => void message(store, profile.account_id)} />)}
          {!own && <FollowButton store={store} person={profile} />}
          <IconButton name="more" label="More" class="framed" aria-haspopup="menu" aria-expanded={false}
            onClick={(event) => open_menu(event.currentTarget as HTMLElement, {
              label: 'More',
              entries: [
                { name: 'copy', label: 'Copy link', work: () => copy_text(link_to(profile_address(profile.handle))) },
                ...(own ? [] : person_entries(store, profile)),
              ],
            })} />
        </div>
      </div>
      <h3 class="profile-name"><bdi>{name}</bdi>{profile.private && <><Icon name="lock" /><span class="visually-hidden"> (private)</span></>}</h3>
      <p class="profile-handle">@{profile.handle}{followed_by && <span class="tag">Follows you</span>}{muting && <span class="tag">Muted</span>}</p>
      {profile.bio && <p class="profile-bio" dir="auto"><RichText text={profile.bio} entities={[]} /></p>}
      {(profile.links?.length ?? 0) > 0 && (
        <ul class="profile-links">
          {profile.links!.map((link) => (
            <li key={link.url}><Icon name="link" /><a class="text-link" href={link.url} target="_blank" rel="noopener noreferrer nofollow me">
              <bdi>{link.title || link.url.replace(/^https?:\/\//, '')}</bdi></a></li>
          ))}
        </ul>)}
      {known && profile.created_at && <p class="profile-since"><Icon name="clock" />Here since {month_of(Date.parse(profile.created_at))}</p>}
      {known && (
        <ul class="profile-counts">
          <li><strong>{short_count(profile.posts_count ?? 0)}</strong> {profile.posts_count === 1 ? 'post' : 'posts'}</li>
          <li><a href={address('following')}><strong>{short_count(profile.following_count ?? 0)}</strong> following</a></li>
          <li><a href={address('followers')}><strong>{short_count(profile.followers_count ?? 0)}</strong> {(profile.followers_count ?? 0) === 1 ? 'follower' : 'followers'}</a></li>
        </ul>)}
      {known && <LinkTabs label="Profile" now={address(tab)} tabs={profile_tabs.map((one) => ({ address: address(one), text: tab_names[one] }))} />}
    </div>
  );
}
