// The signed-in page: the rail, and a page or the chats beside it; on a narrow window one pane at a time. Made by main.ts, told by the store
// what changed; draws at most once a frame.
import { Component, render, type ComponentChildren } from 'preact';
import type { ConversationState } from '../conversation.ts';
import { address_of, profile_address, route_of, type Route } from '../routes.ts';
import type { Store, Topic } from '../store.ts';
import type { Message } from '../types.ts';
import { refuse_drops } from './attach.tsx';
import { Banner } from './banner.tsx';
import { ChatPane } from './chat_pane.tsx';
import { compose_dialog } from './compose.tsx';
import { ConversationList } from './conversation_list.tsx';
import { DraftsPage } from './drafts_page.tsx';
import { new_handle } from './handle.ts';
import { HomePage, show_new } from './home_page.tsx';
import { LivePage } from './live_page.tsx';
import { Navigation } from './navigation.tsx';
import { new_chat_dialog, new_group_dialog } from './new_chat.tsx';
import { NotificationsPage, RequestsPage } from './notifications_page.tsx';
import { draw_dialogs, open_dialog } from './overlay.tsx';
import { count_history } from './page_head.tsx';
import { BookmarksPage, TagPage, TagsPage } from './post_list_page.tsx';
import { PostPage } from './post_page.tsx';
import { PersonPage, ProfilePage } from './profile_page.tsx';
import { SearchPage } from './search_page.tsx';
import { Keys, Settings } from './settings.tsx';
import { shortcut_of, type Shortcut } from './shortcuts.ts';
import { StreamPage } from './stream_page.tsx';

const countdown_ms = 1_000;
// Pages say how old things are.
const age_ms = 30_000;
const calm_ms = 1_500;
const hidden_draw_ms = 250;

export interface ShellActions {
  switch_account: () => void;
  log_out: () => void;
}

type Stage = { kind: 'empty' } | { kind: 'missing' } | { kind: 'page' } | { kind: 'chat'; conversation: ConversationState };

// Draws again only what has another version.
class Gate extends Component<{ version: string; draw: () => ComponentChildren }> {
  override shouldComponentUpdate(next: Readonly<{ version: string }>): boolean { return next.version !== this.props.version; }
  override render() { return this.props.draw(); }
}

export class Shell {
  readonly root = document.createElement('main');
  private readonly store_: Store;
  private readonly actions_: ShellActions;
  private readonly ending_ = new AbortController();
  private readonly countdown_: number;
  private readonly pane_ = new_handle<ChatPane>();
  private readonly list_ = new_handle<ConversationList>();
  private route_now_: Route = { page: 'home' };
  private address_ = '';
  private stage_: Stage = { kind: 'page' };
  private page_version_ = 0;
  private aged_at_ = Date.now();
  private depth_ = -1;
  private spoken_ = '';
  private frame_ = 0;
  private late_ = 0;
  private list_version_ = 0;
  private chat_version_ = 0;
  private trouble_since_ = Date.now();

  constructor(store: Store, actions: ShellActions) {
    this.store_ = store;
    this.actions_ = actions;
    this.root.className = 'shell';
    const { signal } = this.ending_;
    window.addEventListener('hashchange', () => this.route_(), { signal });
    window.addEventListener('focus', () => this.pane_.current?.look(), { signal });
    document.addEventListener('visibilitychange', () => this.pane_.current?.look(), { signal });
    window.addEventListener('keydown', (event) => this.on_key_(event), { signal });
    refuse_drops(signal);
    for (const name of ['online', 'offline']) window.addEventListener(name, () => this.schedule_(), { signal });
    this.countdown_ = window.setInterval(() => {
      if (Date.now() - this.aged_at_ > age_ms) this.pages_changed_();
      this.schedule_();
    }, countdown_ms);
    this.route_();
  }

  changed(topic: Topic): void {
    switch (topic.kind) {
      case 'connection':
        if (this.store_.state === 'online') this.trouble_since_ = 0;
        else this.trouble_since_ ||= Date.now();
        this.chat_version_ += 1;
        this.list_version_ += 1;
        break;
      case 'list':
        this.list_version_ += 1;
        if (this.store_.loaded) this.route_();
        break;
      case 'social':
        this.pages_changed_();
        break;
      case 'media':
        this.pages_changed_();
        this.chat_version_ += 1;
        break;
      case 'presence':
        this.list_version_ += 1;
        this.chat_version_ += 1;
        break;
      case 'conversation':
        if (topic.id === this.store_.open_id) this.chat_version_ += 1;
        break;
      case 'arrived':
        this.say_(topic.id, topic.message);
        break;
    }
    this.schedule_();
  }

  // After signing in the focus is on the page, unless something in it took it.
  focus(): void {
    if (this.root.contains(document.activeElement)) return;
    if (this.route_now_.page === 'chats') this.list_.current?.focus();
    else this.focus_page_();
  }

  close(): void {
    this.ending_.abort();
    clearInterval(this.countdown_);
    this.cancel_();
    render(null, this.root);
    document.title = 'Nova';
  }

  // At once, not with the hashchange that follows: what is typed right after a click must not go to the conversation before it.
  private readonly go_ = (address: string) => {
    location.hash = address;
    this.route_();
  };

  private readonly go_chat_ = (id: string) => this.go_(id ? `#/c/${id}` : '#/chats');

  private readonly post_ = () => {
    const field = this.root.querySelector<HTMLElement>('.compose-text');
    if (field && field.offsetParent !== null) field.focus();
    else compose_dialog(this.store_);
  };

  // The link of the page that is shown: to its top, and what is new.
  private readonly again_ = (address: string) => {
    const scroller = this.root.querySelector('.column-scroll');
    if (address === '#/' && this.route_now_.page === 'home' && (this.store_.social.new_posts > 0 || scroller?.scrollTop === 0)) void show_new(this.store_);
    else scroller?.scrollTo(0, 0);
  };

  private pages_changed_(): void {
    this.aged_at_ = Date.now();
    this.page_version_ += 1;
  }

  private wanted_(route: Route): Stage {
    if (route.page === 'missing') return { kind: 'missing' };
    if (route.page === 'chats') return { kind: 'empty' };
    if (route.page !== 'chat') return { kind: 'page' };
    const conversation = this.store_.conversations.get(route.id);
    if (conversation) return { kind: 'chat', conversation };
    return { kind: this.store_.loaded ? 'missing' : 'empty' };
  }

  // Shows what the address names.
  private route_(): void {
    this.depth_ = count_history(this.depth_);
    const before = this.stage_;
    const route = route_of(location.hash);
    const stage = this.wanted_(route);
    const address = address_of(route);
    const same = stage.kind === before.kind && address === this.address_
      && (stage.kind !== 'chat' || before.kind !== 'chat' || stage.conversation === before.conversation);
    if (same && this.address_ !== '') return;
    const moved = address !== this.address_;
    this.route_now_ = route;
    this.address_ = address;
    this.stage_ = stage;
    this.list_version_ += 1;
    this.chat_version_ += 1;
    this.pages_changed_();
    if (stage.kind !== 'chat') {
      this.store_.open_id = '';
      this.draw_();
      if (moved) this.focus_page_();
      return;
    }
    this.store_.show(stage.conversation.id);
    this.draw_();
    if (route.page === 'chat' && route.seq !== undefined) this.pane_.current?.jump(route.seq);
    if (matchMedia('(hover: hover)').matches) this.pane_.current?.focus();
  }

  // The focus is where the page begins, unless the page took it itself.
  private focus_page_(): void {
    const pane = this.root.querySelector<HTMLElement>('.stage');
    if (pane?.contains(document.activeElement)) return;
    if (this.route_now_.page === 'chats') this.list_.current?.focus();
    else pane?.querySelector<HTMLElement>('.page-title')?.focus({ preventScroll: true });
  }

  private on_key_(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    const asked = shortcut_of(event, target.matches('input, textarea, select, [contenteditable]'));
    if (!asked) return;
    event.preventDefault();
    const works: Record<Shortcut, () => void> = {
      find: () => {
        const list = this.root.querySelector('.list-pane');
        if (!list || getComputedStyle(list).display === 'none') this.go_('#/chats');
        this.list_.current?.search();
      },
      search: () => this.go_('#/search'),
      home: () => this.go_('#/'),
      notifications: () => this.go_('#/notifications'),
      chats: () => this.go_('#/chats'),
      profile: () => this.go_(profile_address(this.store_.me.handle)),
      post: this.post_,
      newest: () => { if (this.route_now_.page === 'home') void show_new(this.store_); },
      next: () => this.step_(1),
      previous: () => this.step_(-1),
      settings: () => this.go_('#/settings'),
      help: () => { open_dialog('Keys', () => <div class="dialog-body"><Keys /></div>); },
    };
    works[asked]();
  }

  private step_(step: number): void {
    const all = this.store_.list();
    const at = all.findIndex((conversation) => conversation.id === this.store_.open_id);
    const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
    if (next) this.go_chat_(next.id);
  }

  private schedule_(): void {
    this.frame_ ||= requestAnimationFrame(() => this.draw_());
    // A hidden window gets no frames, but its title still counts what is unread.
    this.late_ ||= window.setTimeout(() => this.draw_(), hidden_draw_ms);
  }

  private cancel_(): void {
    cancelAnimationFrame(this.frame_);
    clearTimeout(this.late_);
    this.frame_ = 0;
    this.late_ = 0;
  }

  private draw_(): void {
    this.cancel_();
    const { store_: store, stage_: stage } = this;
    this.root.dataset.connection = store.state;
    const { page } = this.route_now_;
    this.root.dataset.page = page;
    this.root.classList.toggle('chats', page === 'chats' || page === 'chat');
    this.root.classList.toggle('chatting', stage.kind !== 'empty');
    render(this.view_(), this.root);
    draw_dialogs();
    const unread = store.unread() + store.social.unread;
    const title = unread > 0 ? `(${unread}) Nova` : 'Nova';
    if (document.title !== title) document.title = title;
  }

  private view_() {
    const { store_: store, stage_: stage } = this;
    const { page } = this.route_now_;
    const chats = page === 'chats' || page === 'chat';
    const back = () => this.go_('#/chats');
    return (
      <>
        <button type="button" class="skip-link" onClick={() => this.root.querySelector<HTMLElement>('.stage [tabindex], .stage button')?.focus()}>
          Skip to the content</button>
        <h1 class="visually-hidden">Nova</h1>
        <Banner store={store} calm={this.calm_()} />
        <Navigation store={store} route={this.route_now_}
          actions={{ ...this.actions_, post: this.post_, again: this.again_ }} />
        {chats && (
          <ConversationList handle={this.list_} store={store} version={this.list_version_}
            actions={{
              open: this.go_chat_, new_chat: () => new_chat_dialog(store, this.go_chat_), new_group: () => new_group_dialog(store, this.go_chat_),
            }} />)}
        <div class="stage">
          {stage.kind === 'chat' && (
            <ChatPane key={stage.conversation.id} handle={this.pane_} store={store} conversation={stage.conversation}
              version={this.chat_version_} back={back} />)}
          {stage.kind === 'page' && (
            <Gate version={`${this.address_} ${this.page_version_} ${page === 'stream' ? this.chat_version_ : ''}`} draw={() => this.page_()} />)}
          {(stage.kind === 'empty' || stage.kind === 'missing') && <EmptyStage missing={stage.kind === 'missing'} chat={chats} back={chats ? back : () => this.go_('#/')} />}
        </div>
        <div class="visually-hidden" aria-live="polite">{this.spoken_}</div>
      </>
    );
  }

  // The pages are components of their own, each with its own state.
  private page_() {
    const props = { store: this.store_ };
    const route = this.route_now_;
    switch (route.page) {
      case 'live': return <LivePage key={route.state} {...props} state={route.state} />;
      case 'stream': return <StreamPage key={route.id} {...props} id={route.id} chat_version={this.chat_version_} />;
      case 'search': return <SearchPage {...props} search={route.search} />;
      case 'notifications': return <NotificationsPage {...props} />;
      case 'requests': return <RequestsPage {...props} />;
      case 'bookmarks': return <BookmarksPage {...props} />;
      case 'drafts': return <DraftsPage {...props} />;
      case 'tags': return <TagsPage {...props} />;
      case 'tag': return <TagPage key={route.tag} {...props} tag={route.tag} />;
      case 'person': return <PersonPage {...props} id={route.id} />;
      case 'profile': return <ProfilePage key={route.handle.toLowerCase()} {...props} handle={route.handle} tab={route.tab} />;
      case 'post': return <PostPage key={route.id} {...props} id={route.id} answer={route.answer} />;
      case 'settings': return <Settings {...props} section={route.section} log_out={this.actions_.log_out} />;
      default: return <HomePage {...props} />;
    }
  }

  private say_(id: string, message: Message): void {
    const conversation = this.store_.conversations.get(id);
    if (!conversation) return;
    const name = this.store_.name_of(message.sender_id, conversation);
    const where = conversation.kind === 'direct' ? '' : ` in ${conversation.name(this.store_.me.account_id)}`;
    this.spoken_ = `${name}${where}: ${message.text || 'an attachment'}`;
  }

  // Short troubles are not worth a word: the banner waits a moment. What the browser itself knows is said at once.
  private calm_(): boolean {
    const { state } = this.store_;
    if (state === 'online') return true;
    return state !== 'replaced' && navigator.onLine && Date.now() - this.trouble_since_ < calm_ms;
  }
}

function EmptyStage({ missing, chat, back }: { missing: boolean; chat: boolean; back: () => void }) {
  return (
    <div class="stage-empty">
      <span class="brand-mark" aria-hidden="true" />
      {missing
        ? <p role="alert">{chat ? 'There is no such conversation, or you are not a member of it.' : 'Nova has nothing at this address.'}</p>
        : <p>Choose a conversation, or find somebody by their handle.</p>}
      {missing && <button type="button" class="primary" onClick={back}>{chat ? 'To the conversations' : 'To the feed'}</button>}
    </div>
  );
}
