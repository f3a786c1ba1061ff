// Where a message is written, a reply is quoted and an edit is made. Enter sends, Shift+Enter makes a new line. Used by
// chat_pane.ts.
import type { Message } from '../types.ts';
import { h, icon, icon_button, set_text } from './dom.ts';

export const text_limit_bytes = 16_384;
const counter_from_bytes = 14_000;
const most_height_px = 180;

export interface ComposerActions {
  send: (text: string, reply_to?: number) => void;
  edit: (message: Message, text: string) => void;
  typing: (typing: boolean) => void;
  edit_last: () => void;
  draft: (text: string) => void;
}

export class Composer {
  readonly root: HTMLFormElement;
  private readonly actions_: ComposerActions;
  private readonly text_: HTMLTextAreaElement;
  private readonly context_ = h('div', { class: 'composer-context', hidden: true });
  private readonly counter_ = h('span', { class: 'counter', role: 'status' });
  private readonly button_: HTMLButtonElement;
  private reply_: Message | null = null;
  private edit_: Message | null = null;
  private draft_ = '';

  constructor(actions: ComposerActions, draft: string) {
    this.actions_ = actions;
    this.text_ = h('textarea', {
      rows: '1', placeholder: 'Write a message', 'aria-label': 'Message', enterkeyhint: 'send', autocomplete: 'off',
    });
    this.text_.value = draft;
    this.button_ = h('button', { type: 'submit', class: 'send', 'aria-label': 'Send', title: 'Send (Enter)' }, icon('send'));
    this.root = h('form', { class: 'composer' }, this.context_,
      h('div', { class: 'composer-line' }, this.text_, this.button_), this.counter_);
    this.root.addEventListener('submit', (event) => { event.preventDefault(); this.submit_(); });
    this.text_.addEventListener('keydown', (event) => this.on_key_(event));
    this.text_.addEventListener('input', () => this.changed_());
    requestAnimationFrame(() => this.fit_());
  }

  focus(): void { this.text_.focus(); }

  reply(message: Message, name: string): void {
    this.edit_ = null;
    this.reply_ = message;
    this.show_context_('reply', `Reply to ${name}`, message.text);
  }

  edit(message: Message): void {
    if (!this.edit_) this.draft_ = this.text_.value;
    this.reply_ = null;
    this.edit_ = message;
    this.show_context_('edit', 'Edit message', message.text);
    this.text_.value = message.text;
    this.fit_();
  }

  private show_context_(name: 'reply' | 'edit', title: string, text: string): void {
    this.context_.hidden = false;
    this.context_.replaceChildren(icon(name),
      h('div', { class: 'context-text' }, h('strong', {}, title), h('span', {}, text)),
      icon_button('close', 'Cancel', () => this.cancel_()));
    this.focus();
  }

  private cancel_(): void {
    if (this.edit_) this.text_.value = this.draft_;
    this.edit_ = null;
    this.reply_ = null;
    this.context_.hidden = true;
    this.context_.replaceChildren();
    this.fit_();
    this.focus();
  }

  private on_key_(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit_();
    } else if (event.key === 'Escape' && !this.context_.hidden) {
      event.preventDefault();
      this.cancel_();
    } else if (event.key === 'ArrowUp' && this.text_.value === '' && !this.edit_) {
      event.preventDefault();
      this.actions_.edit_last();
    }
  }

  private changed_(): void {
    if (!this.edit_) {
      this.actions_.draft(this.text_.value);
      this.actions_.typing(this.text_.value.trim() !== '');
    }
    this.fit_();
  }

  private fit_(): void {
    this.text_.style.height = 'auto';
    this.text_.style.height = `${Math.min(this.text_.scrollHeight, most_height_px)}px`;
    const bytes = new TextEncoder().encode(this.text_.value).length;
    set_text(this.counter_, bytes < counter_from_bytes ? ''
      : bytes <= text_limit_bytes ? `${text_limit_bytes - bytes} bytes left` : `${bytes - text_limit_bytes} bytes too long`);
    this.counter_.classList.toggle('over', bytes > text_limit_bytes);
    this.button_.disabled = this.text_.value.trim() === '' || bytes > text_limit_bytes;
  }

  private submit_(): void {
    const text = clean(this.text_.value);
    if (text === '' || this.button_.disabled) return;
    const { edit_: edit, reply_: reply } = this;
    if (edit) {
      this.cancel_();
      if (text !== edit.text) this.actions_.edit(edit, text);
      return;
    }
    this.text_.value = '';
    this.actions_.draft('');
    this.cancel_();
    this.actions_.send(text, reply?.seq);
  }
}

// Without outer blank lines, NUL and lone surrogates, which the contract refuses.
function clean(text: string): string {
  const trimmed = text.trim().replaceAll('\0', '');
  return new TextDecoder().decode(new TextEncoder().encode(trimmed));
}
