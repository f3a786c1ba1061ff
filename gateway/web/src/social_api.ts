// The HTTP calls of people, posts and feed. Used by social.ts and the views of posts and people.
import { page_query, request, type Api } from './api.ts';
import { random_id } from './random_id.ts';
import { search_query, type Search } from './search_rules.ts';
import type { HitPage } from './search_types.ts';
import type { Page } from './types.ts';
import type {
  AccountDeletion, AccountExport, Card, Comment, Draft, FeedPage, FeedPreferences, NotificationPage, Poll, Post, PostChange, PostPage, PostRequest,
  Profile, ProfileChange, Revision, Settings, SettingsChange, Suggestion, Why,
} from './social_types.ts';

export const social_page = 30;
export const search_page = 50;

const on = (wanted: boolean) => (wanted ? 'PUT' : 'DELETE');
const part = (text: string) => encodeURIComponent(text);

export class SocialApi {
  private readonly api_: Api;

  constructor(api: Api) {
    this.api_ = api;
  }

  profile(handle: string): Promise<Profile> { return this.call_('GET', `/v1/users/by-handle/${part(handle)}`); }
  profile_of(account_id: string): Promise<Profile> { return this.call_('GET', `/v1/users/${account_id}`); }
  me(): Promise<Profile> { return this.call_('GET', '/v1/users/me'); }
  update_me(change: ProfileChange): Promise<Profile> { return this.call_('PATCH', '/v1/users/me', change); }
  change_handle(handle: string): Promise<Profile> { return this.call_('PATCH', '/v1/account/handle', { handle }); }

  // True: a private account was asked.
  async follow(account_id: string): Promise<boolean> {
    const reply = await this.call_<{ requested?: boolean } | undefined>('PUT', `/v1/users/${account_id}/follow`);
    return reply?.requested ?? false;
  }

  unfollow(account_id: string): Promise<void> { return this.call_('DELETE', `/v1/users/${account_id}/follow`); }
  block(account_id: string, wanted: boolean): Promise<void> { return this.call_(on(wanted), `/v1/users/${account_id}/block`); }
  unmute(account_id: string): Promise<void> { return this.call_('DELETE', `/v1/users/${account_id}/mute`); }

  // Without an end it lasts until it is taken back.
  mute(account_id: string, until?: string): Promise<void> {
    return this.call_('PUT', `/v1/users/${account_id}/mute`, until ? { until } : {});
  }

  people(account_id: string, list: 'followers' | 'following', cursor?: string): Promise<Page<Card>> {
    return this.list_(`/v1/users/${account_id}/${list}`, cursor);
  }

  mine(list: 'blocks' | 'mutes' | 'follow-requests', cursor?: string): Promise<Page<Card>> { return this.list_(`/v1/${list}`, cursor); }

  answer_request(account_id: string, accept: boolean): Promise<void> {
    return this.call_(on(accept), `/v1/follow-requests/${account_id}`);
  }

  search_people(q: string): Promise<Page<Card>> {
    return this.call_('GET', `/v1/users/search?q=${part(q)}&limit=${search_page}`);
  }

  search(search: Search, cursor?: string): Promise<HitPage> {
    return this.call_('GET', `/v1/search?${search_query(search)}&${page_query(social_page, cursor)}`);
  }

  suggestions(): Promise<Page<Suggestion>> { return this.call_('GET', `/v1/users/suggestions?limit=${search_page}`); }

  settings(): Promise<Settings> { return this.call_('GET', '/v1/settings'); }
  update_settings(change: SettingsChange): Promise<Settings> { return this.call_('PATCH', '/v1/settings', change); }
  notifications(cursor?: string): Promise<NotificationPage> { return this.list_('/v1/notifications', cursor); }
  read_notifications(up_to: string): Promise<void> { return this.call_('POST', '/v1/notifications/read', { up_to }); }

  feed(cursor?: string): Promise<FeedPage> { return this.list_('/v1/feed', cursor); }
  why(post_id: string): Promise<Why> { return this.call_('GET', `/v1/feed/why/${post_id}`); }
  preferences(): Promise<FeedPreferences> { return this.call_('GET', '/v1/feed/preferences'); }
  set_preferences(wanted: FeedPreferences): Promise<FeedPreferences> { return this.call_('PUT', '/v1/feed/preferences', wanted); }

  // A scheduled one has `scheduled_id`.
  create(post: PostRequest, key: string): Promise<Post> { return this.call_('POST', '/v1/posts', post, key); }
  post(post_id: string): Promise<Post> { return this.call_('GET', `/v1/posts/${post_id}`); }
  edit(post_id: string, change: PostChange): Promise<Post> { return this.call_('PATCH', `/v1/posts/${post_id}`, change); }
  remove(post_id: string): Promise<void> { return this.call_('DELETE', `/v1/posts/${post_id}`); }
  restore(post_id: string): Promise<Post> { return this.call_('POST', `/v1/posts/${post_id}/restore`, undefined, random_id()); }
  history(post_id: string, cursor?: string): Promise<Page<Revision>> { return this.list_(`/v1/posts/${post_id}/history`, cursor); }

  react(thing: 'posts' | 'comments', id: string, emoji: string, wanted: boolean): Promise<void> {
    return this.call_(on(wanted), `/v1/${thing}/${id}/reactions/${part(emoji)}`);
  }

  keep(post_id: string, mark: 'share' | 'bookmark' | 'pin', wanted: boolean): Promise<void> {
    return this.call_(on(wanted), `/v1/posts/${post_id}/${mark}`);
  }

  vote(post_id: string, choices: number[]): Promise<Poll> { return this.call_('PUT', `/v1/posts/${post_id}/poll`, { choices }); }

  comments(post_id: string, options: { sort: string; parent?: string }, cursor?: string): Promise<Page<Comment>> {
    const parent = options.parent ? `&parent=${options.parent}` : '';
    return this.call_('GET', `/v1/posts/${post_id}/comments?sort=${options.sort}${parent}&${page_query(social_page, cursor)}`);
  }

  comment(post_id: string, body: { text: string; media_ids?: string[]; parent?: string }, key: string): Promise<Comment> {
    return this.call_('POST', `/v1/posts/${post_id}/comments`, body, key);
  }

  edit_comment(comment_id: string, text: string): Promise<Comment> { return this.call_('PATCH', `/v1/comments/${comment_id}`, { text }); }
  remove_comment(comment_id: string): Promise<void> { return this.call_('DELETE', `/v1/comments/${comment_id}`); }

  posts_of(account_id: string, kind: 'posts' | 'media' | 'shares', cursor?: string): Promise<PostPage> {
    return this.call_('GET', `/v1/users/${account_id}/posts?kind=${kind}&${page_query(social_page, cursor)}`);
  }

  bookmarks(cursor?: string): Promise<PostPage> { return this.list_('/v1/bookmarks', cursor); }
  scheduled(cursor?: string): Promise<PostPage> { return this.list_('/v1/scheduled', cursor); }
  cancel_scheduled(scheduled_id: string): Promise<void> { return this.call_('DELETE', `/v1/scheduled/${scheduled_id}`); }
  drafts(cursor?: string): Promise<Page<Draft>> { return this.list_('/v1/drafts', cursor); }
  create_draft(draft: PostRequest): Promise<Draft> { return this.call_('POST', '/v1/drafts', draft, random_id()); }
  remove_draft(draft_id: string): Promise<void> { return this.call_('DELETE', `/v1/drafts/${draft_id}`); }

  tag_posts(tag: string, cursor?: string): Promise<PostPage> { return this.list_(`/v1/hashtags/${part(tag)}/posts`, cursor); }
  follow_tag(tag: string, wanted: boolean): Promise<void> { return this.call_(on(wanted), `/v1/hashtags/${part(tag)}/follow`); }
  tags(cursor?: string): Promise<Page<{ tag: string }>> { return this.list_('/v1/hashtags/following', cursor); }

  delete_account(password: string): Promise<AccountDeletion> { return this.call_('DELETE', '/v1/account', { password }); }

  start_export(): Promise<{ export_id: string }> { return this.call_('POST', '/v1/account/export', {}, random_id()); }
  export_state(export_id: string): Promise<AccountExport> { return this.call_('GET', `/v1/account/exports/${export_id}`); }

  private list_<T>(path: string, cursor?: string): Promise<T> {
    return this.call_('GET', `${path}?${page_query(social_page, cursor)}`);
  }

  private call_<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    return this.api_.call(method, path, body, key === undefined ? {} : { 'idempotency-key': key });
  }
}

// Without a session: the one who deleted the account holds the token.
export const undelete = (undo_token: string): Promise<void> => request('POST', '/v1/account/undelete', { undo_token });
