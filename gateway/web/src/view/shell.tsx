// The signed-in page: list and chat side by side, or one at a time on a narrow window. Made by main.ts, told by the store
// what changed; draws at most once a frame.
import { render } from 'preact';
import type { ConversationState } from '../conversation.ts';
import type { Store, Topic } from '../store.ts';
import type { Message } from '../types.ts';
import { Banner } from './banner.tsx';
import { ChatPane } from './chat_pane.tsx';
import { ConversationList } from './conversation_list.tsx';
import { new_handle } from './handle.ts';
import { new_chat_dialog, new_group_dialog } from './new_chat.tsx';
import { draw_dialogs, open_dialog } from './overlay.tsx';
import { Keys, Settings } from './settings.tsx';
import { shortcut_of, type Shortcut } from './shortcuts.ts';

const countdown_ms = 1_000;
const calm_ms = 1_500;
const hidden_draw_ms = 250;

export interface ShellActions {
  switch_account: () => void;
  log_out: () => void;
}

type Stage = { kind: 'empty' } | { kind: 'missing' } | { kind: 'settings' } | { kind: 'chat'; conversation: ConversationState };

export class Shell {
  readonly root = document.createElement('main');
  private readonly store_: Store;
  private readonly actions_: ShellActions;
  private readonly ending_ = new AbortController();
  private readonly countdown_: number;
  private readonly pane_ = new_handle<ChatPane>();
  private readonly list_ = new_handle<ConversationList>();
  private stage_: Stage = { kind: 'empty' };
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
    for (const name of ['online', 'offline']) window.addEventListener(name, () => this.schedule_(), { signal });
    this.countdown_ = window.setInterval(() => this.schedule_(), countdown_ms);
    this.draw_();
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

  // After signing in the focus is in the list, unless a conversation took it.
  focus(): void {
    if (!this.root.contains(document.activeElement)) this.list_.current?.focus();
  }

  close(): void {
    this.ending_.abort();
    clearInterval(this.countdown_);
    this.cancel_();
    render(null, this.root);
    document.title = 'Nova';
  }

  // At once, not with the hashchange that follows: what is typed right after a click must not go to the conversation before it.
  private readonly go_ = (id: string) => {
    location.hash = id ? `#/c/${id}` : '#/';
    this.route_();
  };

  private readonly open_settings_ = () => {
    location.hash = '#/settings';
    this.route_();
  };

  private wanted_(): Stage {
    if (location.hash === '#/settings') return { kind: 'settings' };
    const id = /^#\/c\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
    if (id === undefined) return { kind: location.hash.length > 2 ? 'missing' : 'empty' };
    const conversation = this.store_.conversations.get(id);
    if (conversation) return { kind: 'chat', conversation };
    return { kind: this.store_.loaded ? 'missing' : 'empty' };
  }

  // Shows what the address names.
  private route_(): void {
    const before = this.stage_;
    const stage = this.wanted_();
    const same = stage.kind === before.kind
      && (stage.kind !== 'chat' || before.kind !== 'chat' || stage.conversation === before.conversation);
    if (same) return;
    this.stage_ = stage;
    this.list_version_ += 1;
    this.chat_version_ += 1;
    if (stage.kind !== 'chat') {
      this.store_.open_id = '';
      this.draw_();
      if (stage.kind === 'settings') this.root.querySelector<HTMLElement>('.settings-scroll')?.focus();
      return;
    }
    this.store_.show(stage.conversation.id);
    this.draw_();
    if (matchMedia('(hover: hover)').matches) this.pane_.current?.focus();
  }

  private on_key_(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    const asked = shortcut_of(event, target.matches('input, textarea, select, [contenteditable]'));
    if (!asked) return;
    event.preventDefault();
    const works: Record<Shortcut, () => void> = {
      search: () => {
        if (getComputedStyle(this.root.querySelector('.list-pane')!).display === 'none') this.go_('');
        this.list_.current?.search();
      },
      next: () => this.step_(1),
      previous: () => this.step_(-1),
      settings: this.open_settings_,
      help: () => { open_dialog('Keys', () => <div class="dialog-body"><Keys /></div>); },
    };
    works[asked]();
  }

  private step_(step: number): void {
    const all = this.store_.list();
    const at = all.findIndex((conversation) => conversation.id === this.store_.open_id);
    const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
    if (next) this.go_(next.id);
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
    this.root.classList.toggle('chatting', stage.kind !== 'empty');
    render(this.view_(), this.root);
    draw_dialogs();
    const unread = store.unread();
    const title = unread > 0 ? `(${unread}) Nova` : 'Nova';
    if (document.title !== title) document.title = title;
  }

  private view_() {
    const { store_: store, stage_: stage } = this;
    const { switch_account, log_out } = this.actions_;
    const actions = {
      open: this.go_, switch_account, log_out, settings: this.open_settings_,
      new_chat: () => new_chat_dialog(store, this.go_),
      new_group: () => new_group_dialog(store, this.go_),
    };
    return (
      <>
        <h1 class="visually-hidden">Nova</h1>
        <Banner store={store} calm={this.calm_()} />
        <ConversationList handle={this.list_} store={store} version={this.list_version_} actions={actions} />
        <div class="stage">
          {stage.kind === 'chat' && (
            <ChatPane key={stage.conversation.id} handle={this.pane_} store={store} conversation={stage.conversation}
              version={this.chat_version_} back={() => this.go_('')} />)}
          {stage.kind === 'settings' && <Settings store={store} back={() => this.go_('')} log_out={log_out} />}
          {(stage.kind === 'empty' || stage.kind === 'missing') && <EmptyStage missing={stage.kind === 'missing'} back={() => this.go_('')} />}
        </div>
        <div class="visually-hidden" aria-live="polite">{this.spoken_}</div>
      </>
    );
  }

  private say_(id: string, message: Message): void {
    const conversation = this.store_.conversations.get(id);
    if (!conversation) return;
    const name = this.store_.name_of(message.sender_id, conversation);
    const where = conversation.kind === 'direct' ? '' : ` in ${conversation.name(this.store_.me.account_id)}`;
    this.spoken_ = `${name}${where}: ${message.text}`;
  }

  // Short troubles are not worth a word: the banner waits a moment. What the browser itself knows is said at once.
  private calm_(): boolean {
    const { state } = this.store_;
    if (state === 'online') return true;
    return state !== 'replaced' && navigator.onLine && Date.now() - this.trouble_since_ < calm_ms;
  }
}

function EmptyStage({ missing, back }: { missing: boolean; back: () => void }) {
  return (
    <div class="stage-empty">
      <span class="brand-mark" aria-hidden="true" />
      {missing
        ? <p role="alert">There is no such conversation, or you are not a member of it.</p>
        : <p>Choose a conversation, or find somebody by their handle.</p>}
      {missing && <button type="button" class="primary" onClick={back}>To the conversations</button>}
    </div>
  );
}
