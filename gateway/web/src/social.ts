// What one window knows of posts, people and notifications beside its chats. Fed by HTTP and by pushes that store.ts hands on, read by
// the views. Knows nothing of the page.
import type { Api } from './api.ts';
import { FoundProfile } from './found_profile.ts';
import { Paged } from './paged.ts';
import { Posts } from './posts.ts';
import { Relations } from './relations.ts';
import { Streams } from './streams.ts';
import type { Pushes } from './types.ts';
import { search_query, type Search } from './search_rules.ts';
import { hit_key, type Hit } from './search_types.ts';
import { SocialApi } from './social_api.ts';
import { Thread } from './thread.ts';
import type {
  FeedItem, FeedPage, FeedPreferences, FeedPush, Notification, NotificationPage, Post, PostPage, PostRequest,
} from './social_types.ts';

// Lists that are kept for the way back, beside the feed and the notifications.
const lists_limit = 12;
// Missed pushes: this many new posts are told apart from "many".
const new_posts_told = 20;

interface Kept {
  list: Paged<unknown>;
  posts: () => string[];
}

// What is under the name, or what is made for it; the ones used longest ago go.
function recent<T>(kept: Map<string, T>, name: string, make: () => T): T {
  const found = kept.get(name) ?? make();
  kept.delete(name);
  kept.set(name, found);
  if (kept.size > lists_limit) kept.delete(kept.keys().next().value!);
  return found;
}

export class Social {
  readonly api: SocialApi;
  readonly posts: Posts;
  readonly relations: Relations;
  readonly streams: Streams;
  readonly feed: Paged<FeedItem, FeedPage>;
  readonly notifications: Paged<Notification, NotificationPage>;
  // Domains that did not answer for the feed.
  degraded: string[] = [];
  // Domains that did not answer for the search.
  search_degraded: string[] = [];
  // Posts that came since the feed was read.
  new_posts = 0;
  unread = 0;
  preferences: FeedPreferences | null = null;
  // Posts whose warning was pressed away.
  readonly opened = new Set<string>();
  private readonly changed_: () => void;
  private readonly kept_ = new Map<string, Kept>();
  private readonly me_: string;
  // Hashtags that the account follows; null: not read yet.
  tags: string[] | null = null;
  private readonly profiles_ = new Map<string, FoundProfile>();
  private readonly threads_ = new Map<string, Thread>();

  constructor(api: Api, account_id: string, changed: () => void) {
    this.me_ = account_id;
    this.changed_ = changed;
    this.api = new SocialApi(api);
    this.posts = new Posts(this.api, changed);
    this.relations = new Relations(this.api, changed);
    this.streams = new Streams(api, changed);
    this.feed = new Paged<FeedItem, FeedPage>((cursor) => this.api.feed(cursor), (item) => item.post?.post_id ?? '', changed, (page) => {
      this.posts.take(page.items.map((item) => item.post));
      this.degraded = page.degraded;
    });
    this.notifications = new Paged<Notification, NotificationPage>((cursor) => this.api.notifications(cursor),
      (item) => item.notification_id, changed, (page) => { this.unread = page.unread; });
  }

  // The pushes that are for here.
  readonly takes = {
    'user.notification': (push: Pushes['user.notification']) => this.on_notification(push),
    'feed.post': (push: Pushes['feed.post']) => this.on_feed_post(push),
    'streaming.state': (push: Pushes['streaming.state']) => this.streams.on_state(push),
    'streaming.viewers': (push: Pushes['streaming.viewers']) => this.streams.on_viewers(push),
  };

  // One list of posts by its name, as it was left.
  post_list(name: string, read: (cursor?: string) => Promise<PostPage>): Paged<Post, PostPage> {
    return this.list_(name, () => {
      const list = new Paged<Post, PostPage>(read, (post) => post.post_id, this.changed_, (page) => this.posts.take(page.items));
      return { list: list as Paged<unknown>, posts: () => list.items.map((post) => post.post_id) };
    }) as Paged<unknown> as Paged<Post, PostPage>;
  }

  list<T>(name: string, read: (cursor?: string) => Promise<{ items: T[]; next_cursor?: string | null }>, key: (item: T) => string): Paged<T> {
    return this.list_(name, () => ({
      list: new Paged<T>(read, key, this.changed_) as unknown as Paged<unknown>, posts: () => [],
    })) as unknown as Paged<T>;
  }

  // What was found. A person whose name begins so and whom the index does not have yet is added to the first page.
  search(search: Search): Paged<Hit> {
    return this.list<Hit>(`search ${search_query(search)}`, async (cursor) => {
      const with_people = !cursor && (search.kind === '' || search.kind === 'users') && !search.since && !search.until && !search.from;
      const [page, people] = await Promise.all([
        this.api.search(search, cursor), with_people ? this.api.search_people(search.q).catch(() => null) : null,
      ]);
      this.search_degraded = page.degraded;
      const known = new Set(page.items.map((hit) => hit.user?.account_id));
      const others = (people?.items ?? []).filter((card) => !known.has(card.account_id));
      const begin = others.map((user): Hit => ({ kind: 'user', score: 0, user, highlights: [] }));
      return { ...page, items: search.kind === '' ? [...begin, ...page.items] : [...page.items, ...begin] };
    }, hit_key);
  }

  // The comments of a post as they were left.
  thread(post_id: string): Thread {
    return recent(this.threads_, post_id,
      () => new Thread(this.api, post_id, this.changed_, (step) => this.posts.count_comments(post_id, step)));
  }

  profile(handle: string): FoundProfile {
    return recent(this.profiles_, handle.toLowerCase(), () => new FoundProfile(async () => {
      const profile = await this.api.profile(handle);
      this.relations.told(profile);
      return profile;
    }, this.changed_));
  }

  async read_tags(): Promise<void> {
    const page = await this.api.tags();
    this.tags = page.items.map(({ tag }) => tag);
    this.changed_();
  }

  async follow_tag(tag: string, wanted: boolean): Promise<void> {
    await this.api.follow_tag(tag, wanted);
    const others = (this.tags ?? []).filter((one) => one !== tag);
    this.tags = wanted ? [...others, tag].sort() : others;
    this.changed_();
  }

  async cancel_scheduled(scheduled_id: string): Promise<void> {
    await this.api.cancel_scheduled(scheduled_id);
    this.forget_list('scheduled');
    this.changed_();
  }

  forget_list(name: string): void { this.kept_.delete(name); }

  // The most recent ones are kept; the posts of the others are forgotten.
  private list_(name: string, make: () => Kept): Paged<unknown> {
    const found = this.kept_.get(name) ?? make();
    this.kept_.delete(name);
    this.kept_.set(name, found);
    if (this.kept_.size > lists_limit) {
      this.kept_.delete(this.kept_.keys().next().value!);
      const wanted = [...this.kept_.values()].flatMap((kept) => kept.posts());
      this.posts.keep_only(new Set([...wanted, ...this.threads_.keys(), ...this.feed.items.map((item) => item.post?.post_id ?? '')]));
    }
    return found.list;
  }

  open_warning(id: string, open: boolean): void {
    if (open) this.opened.add(id);
    else this.opened.delete(id);
    this.changed_();
  }

  refresh_feed(): Promise<void> {
    this.new_posts = 0;
    return this.feed.refresh();
  }

  async read_preferences(): Promise<void> {
    this.preferences = await this.api.preferences();
    this.changed_();
  }

  // The feed follows: it is read again.
  async set_preferences(wanted: FeedPreferences): Promise<void> {
    this.preferences = await this.api.set_preferences(wanted);
    if (this.feed.loaded) void this.refresh_feed();
    this.changed_();
  }

  // Null: it is scheduled.
  async publish(post: PostRequest, key: string): Promise<Post | null> {
    const made = await this.api.create(post, key);
    this.forget_list('scheduled');
    if (made.scheduled_id) return null;
    this.posts.take([made]);
    if (this.feed.loaded && !this.feed.loading) this.feed.put_first({ post: made, reason: 'following' });
    if (post.quote) void this.posts.read(post.quote).catch(() => {});
    return made;
  }

  async keep_draft(draft: PostRequest): Promise<void> {
    await this.api.create_draft(draft);
    this.forget_list('drafts');
  }

  async drop_draft(draft_id: string): Promise<void> {
    await this.api.remove_draft(draft_id);
    this.forget_list('drafts');
    this.changed_();
  }

  // Gone from every list. The answer brings it back.
  async delete_post(post_id: string): Promise<() => Promise<void>> {
    await this.api.remove(post_id);
    const item = this.feed.items.find((one) => one.post?.post_id === post_id);
    const at = item ? this.feed.items.indexOf(item) : 0;
    this.feed.remove(post_id);
    this.posts.gone(post_id);
    return async () => {
      this.posts.take([await this.api.restore(post_id)]);
      if (item) this.feed.items = [...this.feed.items.slice(0, at), item, ...this.feed.items.slice(at)];
      this.changed_();
    };
  }

  // The posts of a person leave the feed that is shown: muted or blocked.
  hide(account_id: string): void {
    this.feed.items = this.feed.items.filter((item) => item.post?.author?.account_id !== account_id && item.shared_by?.account_id !== account_id);
    this.changed_();
  }

  on_feed_post(push: FeedPush): void {
    if (push.author_id === this.me_ || this.feed.items.some((item) => item.post && item.post.post_id === push.post_id)) return;
    this.new_posts += push.count ?? 1;
    this.changed_();
  }

  on_notification(item: Notification): void {
    if (this.notifications.items.some((one) => one.notification_id === item.notification_id)) return;
    if (!item.read) this.unread += 1;
    if (this.notifications.loaded) this.notifications.put_first(item);
    if (item.post_id && this.posts.get(item.post_id)) void this.posts.read(item.post_id).catch(() => {});
    this.changed_();
  }

  // The connection is here (again): what was pushed meanwhile is asked for.
  async connected(): Promise<void> {
    try {
      const page = await this.api.notifications();
      this.unread = page.unread;
      for (const item of page.items.toReversed()) {
        if (this.notifications.loaded && !this.notifications.items.some((one) => one.notification_id === item.notification_id)) {
          this.notifications.put_first(item);
        }
      }
      if (this.feed.problem) void this.feed.again();
      else if (this.feed.loaded && this.preferences?.mode !== 'ranked') {
        const fresh = await this.api.feed();
        const known = new Set(this.feed.items.map((item) => item.post?.post_id));
        this.new_posts = Math.min(new_posts_told, fresh.items.filter((item) => !known.has(item.post?.post_id)).length);
      }
      this.changed_();
    } catch {
      // Asked again with the next connection.
    }
  }

  // All that is there was looked at.
  read_all(): void {
    const newest = this.notifications.items[0];
    if (!newest || this.unread === 0) return;
    this.unread = 0;
    this.changed_();
    this.api.read_notifications(newest.notification_id).catch(() => {});
  }

  // The list was left: what was new in it is no longer.
  seen_notifications(): void {
    if (this.unread > 0) return;
    this.notifications.items = this.notifications.items.map((item) => ({ ...item, read: true }));
  }
}
