// Where a message is written, a reply is quoted and an edit is made. Enter sends, Shift+Enter makes a new line. Every key is kept
// in the drafts, so that a reload loses nothing. Used by chat_pane.tsx.
import { createRef } from 'preact';
import type { ConversationState } from '../conversation.ts';
import type { Draft, Drafts } from '../drafts.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { Message } from '../types.ts';
import type { UploadList } from '../uploads.ts';
import { add_files, AttachButton, Tray } from './attach.tsx';
import { Icon, IconButton } from './elements.tsx';
import { Reachable, type Handle } from './handle.ts';
import { can_record, Recorder } from './recorder.tsx';

export const text_limit_bytes = 16_384;
const counter_from_bytes = 14_000;
const most_height_px = 180;
export const files_most = 20;
const grows_by_itself = CSS.supports('field-sizing', 'content');

interface Props {
  handle: Handle<Composer>;
  store: Store;
  conversation: ConversationState;
  drafts: Drafts;
  name_of: (message: Message) => string;
  send: (text: string, reply_to: number | undefined, media_ids: string[]) => void;
  edit: (seq: number, text: string) => Promise<void>;
  typing: (typing: boolean) => void;
  edit_last: () => void;
  up: () => void;
}

export class Composer extends Reachable<Props> {
  private readonly text_ = createRef<HTMLTextAreaElement>();
  private draft_: Draft;
  private saving_ = false;
  private error_ = '';
  private recording_ = false;
  // Sent when all files are there.
  private waits_ = false;
  private readonly uploads_: UploadList;
  private unwatch_: () => void = () => {};

  constructor(props: Props) {
    super(props);
    this.draft_ = props.drafts.get(props.conversation.id);
    this.uploads_ = props.store.uploads.of(props.conversation.id, 'message', files_most);
    this.uploads_.restore(this.draft_.media ?? []);
  }

  attach(files: File[]): void {
    add_files(this.uploads_, files);
    this.focus();
  }

  focus(): void { this.text_.current?.focus(); }

  reply(message: Message): void {
    const { text } = this.draft_;
    this.keep_({ text, reply_to: message.seq });
    this.focus();
  }

  edit(message: Message): void {
    const { text, reply_to } = this.draft_;
    this.keep_({ text, ...(reply_to === undefined ? {} : { reply_to }), edit: { seq: message.seq, text: message.text } });
    this.focus();
  }

  override componentDidMount(): void {
    this.fit_();
    this.unwatch_ = this.uploads_.watch(() => this.files_changed_());
  }

  override componentWillUnmount(): void {
    super.componentWillUnmount();
    this.unwatch_();
  }


  override componentDidUpdate(): void { this.fit_(); }

  private files_changed_(): void {
    if (this.uploads_.failed || this.uploads_.empty) this.waits_ = false;
    this.keep_(this.draft_, this.error_);
    if (this.waits_ && !this.uploads_.busy) this.submit_();
  }

  private keep_(draft: Draft, error = ''): void {
    const { media: _, ...rest } = draft;
    const media = this.uploads_.kept();
    this.draft_ = media.length > 0 ? { ...rest, media } : rest;
    this.props.drafts.put(this.props.conversation.id, this.draft_);
    this.show_(error);
  }

  private show_(error: string): void {
    this.error_ = error;
    this.forceUpdate();
  }

  private readonly input_ = () => {
    const value = this.text_.current!.value;
    const draft = this.draft_;
    if (draft.edit) {
      this.keep_({ ...draft, edit: { seq: draft.edit.seq, text: value } });
      return;
    }
    this.keep_({ ...draft, text: value });
    this.props.typing(value.trim() !== '');
  };

  // Leaves the edit, or the reply when there is none.
  private readonly cancel_ = () => {
    const draft = this.draft_;
    if (draft.edit) {
      const { edit: _, ...rest } = draft;
      this.keep_(rest);
    } else this.keep_({ text: draft.text });
    this.focus();
  };

  private readonly key_ = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const draft = this.draft_;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit_();
    } else if (event.key === 'Escape' && (draft.edit || draft.reply_to !== undefined)) {
      event.preventDefault();
      this.cancel_();
    } else if (event.key === 'ArrowUp' && !event.altKey && this.text_.current!.value === '' && !draft.edit) {
      event.preventDefault();
      if (event.shiftKey) this.props.up();
      else this.props.edit_last();
    }
  };

  // Only where the browser does not size the field by its content: reading the height costs a layout at each key.
  private fit_(): void {
    const text = this.text_.current;
    if (!text || grows_by_itself) return;
    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight, most_height_px)}px`;
  }

  private submit_(): void {
    const text = clean(this.text_.current!.value);
    const draft = this.draft_;
    const files = this.uploads_;
    if ((text === '' && (draft.edit || files.empty)) || this.saving_ || bytes_of(text) > text_limit_bytes) return;
    if (draft.edit) {
      void this.save_(draft.edit.seq, text);
      return;
    }
    if (files.busy || files.failed) {
      this.waits_ = files.busy && !files.failed;
      this.show_(files.failed ? 'A file could not be sent. Try it again, or remove it.' : '');
      return;
    }
    try {
      this.props.send(text, draft.reply_to, files.media_ids());
      this.waits_ = false;
      this.text_.current!.value = '';
      files.clear();
      this.keep_({ text: '' });
    } catch (error) {
      this.show_(problem_text(as_problem(error)));
    }
    this.focus();
  }

  // An edit stays in the field until the server has it.
  private async save_(seq: number, text: string): Promise<void> {
    const { conversation, edit } = this.props;
    this.saving_ = true;
    this.show_('');
    let problem = '';
    try {
      if (text !== conversation.log.get(seq)?.text) await edit(seq, text);
    } catch (error) {
      problem = problem_text(as_problem(error));
    }
    this.saving_ = false;
    if (problem) this.show_(problem);
    else if (this.draft_.edit?.seq === seq) this.cancel_();
    this.focus();
  }

  override render() {
    const { draft_: draft, saving_: saving, error_: error, uploads_: files } = this;
    const value = draft.edit ? draft.edit.text : draft.text;
    const bytes = bytes_of(value);
    const over = bytes > text_limit_bytes;
    const left = bytes < counter_from_bytes ? ''
      : over ? `${bytes - text_limit_bytes} bytes too long` : `${text_limit_bytes - bytes} bytes left`;
    return (
      <form class="composer" onSubmit={(event) => { event.preventDefault(); this.submit_(); }}>
        {this.context_()}
        {!draft.edit && <Tray store={this.props.store} list={files} />}
        {this.waits_ && <p class="composer-note" role="status">It is sent as soon as the files are there.</p>}
        {this.recording_ && <Recorder done={(file) => { this.record_(false); this.attach([file]); }} cancel={() => { this.record_(false); this.focus(); }} />}
        <div class="composer-line" hidden={this.recording_}>
          <textarea ref={this.text_} rows={1} value={value} dir="auto" placeholder="Write a message" aria-label="Message"
            enterkeyhint="send" autocomplete="off" readOnly={saving} onKeyDown={this.key_} onInput={this.input_} />
          {!draft.edit && <AttachButton list={files} kind="composer-tool" />}
          {!draft.edit && value.trim() === '' && files.empty && can_record() && (
            <IconButton name="mic" label="Record a voice message" class="composer-tool" onClick={() => this.record_(true)} />)}
          <button type="submit" class="send" aria-label={draft.edit ? 'Save' : 'Send'} title={`${draft.edit ? 'Save' : 'Send'} (Enter)`}
            disabled={(value.trim() === '' && (draft.edit !== undefined || files.empty)) || over || saving}><Icon name={draft.edit ? 'check' : 'send'} /></button>
        </div>
        <p class="form-error composer-error" role="alert">{error}</p>
        <span class={`counter${over ? ' over' : ''}`} role="status">{left}</span>
      </form>
    );
  }

  private record_(on: boolean): void {
    this.recording_ = on;
    this.forceUpdate();
  }

  private context_() {
    const draft = this.draft_;
    const seq = draft.edit?.seq ?? draft.reply_to;
    if (seq === undefined) return null;
    const message = this.props.conversation.log.get(seq);
    const title = draft.edit ? 'Edit message' : message ? `Reply to ${this.props.name_of(message)}` : 'Reply';
    return (
      <div class="composer-context">
        <Icon name={draft.edit ? 'edit' : 'reply'} />
        <div class="context-text">
          <strong><bdi>{title}</bdi></strong>
          <span dir="auto">{message ? message.text || 'Attachment' : 'An earlier message'}</span>
        </div>
        <IconButton name="close" label="Cancel" onClick={this.cancel_} />
      </div>
    );
  }
}

// A short text is surely below the limits: it is not encoded at each key.
function bytes_of(text: string): number {
  return text.length * 3 < counter_from_bytes ? text.length : new TextEncoder().encode(text).length;
}

// Without outer blank lines, NUL and lone surrogates, which the contract refuses.
function clean(text: string): string {
  const trimmed = text.trim().replaceAll('\0', '');
  return new TextDecoder().decode(new TextEncoder().encode(trimmed));
}
