// Files beside a text that is written: the button, dropping and pasting, and the tray with progress, cancel, retry and descriptions. Used
// by composer.tsx, compose.tsx and comment_form.tsx.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import { alt_points, type Upload, type UploadList } from '../uploads.ts';
import { FormError, Icon, IconButton, useElementId } from './elements.tsx';
import { kind_words, size_text } from './media_rules.ts';
import { open_dialog, toast } from './overlay.tsx';

// Draws the view again with each change of the list.
export function useUploads(list: UploadList): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => list.watch(() => draw(undefined as never)), [list]);
}

export function add_files(list: UploadList, files: File[]): void {
  const left_out = list.add(files);
  if (left_out > 0) toast(`At most ${list.most} files go together: ${left_out === 1 ? 'one is' : `${left_out} are`} left out.`);
}

export function AttachButton({ list, disabled = false, kind = '' }: { list: UploadList; disabled?: boolean; kind?: string }) {
  const input = useRef<HTMLInputElement>(null);
  const chosen = () => {
    const files = [...input.current!.files ?? []];
    input.current!.value = '';
    add_files(list, files);
  };
  return (
    <>
      <IconButton name="clip" label="Add files" class={kind} disabled={disabled || list.room <= 0} onClick={() => input.current?.click()} />
      <input type="file" multiple hidden ref={input} onChange={chosen} />
    </>
  );
}

const has_files = (data: DataTransfer | null) => data?.types.includes('Files') ?? false;

// A file that is dropped beside every target would replace the page: it is refused.
export function refuse_drops(signal: AbortSignal): void {
  const refuse = (event: DragEvent) => {
    if (event.defaultPrevented || !has_files(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = 'none';
  };
  window.addEventListener('dragover', refuse, { signal });
  window.addEventListener('drop', refuse, { signal });
}

// What takes dropped and pasted files: handlers for the element that is the target. Text that comes with a file, as from a table, is
// pasted as text.
export function file_target(take: (files: File[]) => void) {
  let inside = 0;
  const mark = (element: HTMLElement, on: boolean) => {
    if (on) element.dataset.drop = 'on';
    else delete element.dataset.drop;
  };
  const end = (element: HTMLElement) => {
    inside = 0;
    mark(element, false);
  };
  return {
    onDragEnter: (event: DragEvent) => {
      if (!has_files(event.dataTransfer)) return;
      inside += 1;
      mark(event.currentTarget as HTMLElement, true);
    },
    onDragOver: (event: DragEvent) => { if (has_files(event.dataTransfer)) event.preventDefault(); },
    onDragLeave: (event: DragEvent) => {
      inside -= 1;
      if (inside <= 0) end(event.currentTarget as HTMLElement);
    },
    onDrop: (event: DragEvent) => {
      if (!has_files(event.dataTransfer)) return;
      event.preventDefault();
      end(event.currentTarget as HTMLElement);
      take([...event.dataTransfer!.files]);
    },
    onPaste: (event: ClipboardEvent) => {
      const files = [...event.clipboardData?.files ?? []];
      if (files.length === 0 || event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      take(files);
    },
  };
}

// The handlers of one element, the same for as long as it is drawn: they know how deep the pointer is inside.
export function useFileTarget(take: (files: File[]) => void) {
  const now: RefObject<typeof take> = useRef(take);
  now.current = take;
  const made = useRef<ReturnType<typeof file_target> | null>(null);
  made.current ??= file_target((files) => now.current?.(files));
  return made.current;
}

export function Tray({ store, list, children }: { store: Store; list: UploadList; children?: ComponentChildren }) {
  useUploads(list);
  if (list.empty) return null;
  return (
    <ul class="tray" aria-label="Files">
      {list.items.map((upload) => <Line key={upload.id} store={store} list={list} upload={upload} />)}
      {children}
    </ul>
  );
}

function thumbnail(store: Store, upload: Upload): string {
  if (upload.preview) return upload.preview;
  const media = upload.media_id && upload.kind !== 'audio' ? store.media.want(upload.media_id) : null;
  return gateways.address(media?.variants['320']?.url ?? '');
}

function Line({ store, list, upload }: { store: Store; list: UploadList; upload: Upload }) {
  const { id, name, kind, state, part, problem, alt } = upload;
  const picture = thumbnail(store, upload);
  const percent = Math.round(part * 100);
  const word = state === 'failed' ? problem_text(problem!) : state === 'waiting' ? 'Waiting' : state === 'sending' ? `${percent} %` : 'Ready';
  return (
    <li class={`tray-line ${state}`}>
      <span class="tray-picture">
        {picture ? <img src={picture} alt="" /> : <Icon name={kind === 'audio' ? 'sound' : kind === 'video' ? 'film' : kind === 'image' ? 'picture' : 'file'} />}
      </span>
      <span class="tray-names">
        <strong dir="auto">{name}</strong>
        <small class="tray-state" role={state === 'failed' ? 'alert' : undefined}>{word}{upload.size > 0 && ` · ${size_text(upload.size)}`}</small>
        {(state === 'sending' || state === 'waiting') && <progress max={100} value={percent} aria-label={`Upload of ${name}`} />}
      </span>
      {state === 'failed' && <button type="button" class="text-button" onClick={() => list.retry(id)}>Try again<span class="visually-hidden">: {name}</span></button>}
      {state !== 'failed' && kind !== 'file' && (
        <button type="button" class={`text-button${alt ? ' given' : ''}`} onClick={() => describe_dialog(list, upload)}>
          {alt && <Icon name="check" />}Describe<span class="visually-hidden"> {name}</span></button>)}
      <IconButton name="close" label={`${state === 'done' || state === 'failed' ? 'Remove' : 'Cancel'} ${name}`} onClick={() => list.remove(id)} />
    </li>
  );
}

function describe_dialog(list: UploadList, upload: Upload): void {
  open_dialog(`Describe the ${kind_words[upload.kind].toLowerCase()}`, (close) => <Describe list={list} upload={upload} close={close} />);
}

function Describe({ list, upload, close }: { list: UploadList; upload: Upload; close: () => void }) {
  const id = useElementId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [error, set_error] = useReducer((_: string, next: string) => next, '');
  const submit = (event: Event) => {
    event.preventDefault();
    list.describe(upload.id, field.current!.value.trim()).then(close, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  };
  return (
    <form class="dialog-body" onSubmit={submit}>
      {upload.preview && <img class="describe-picture" src={upload.preview} alt="" />}
      <div class="field">
        <label for={id}>Description</label>
        <textarea id={id} ref={field} rows={3} dir="auto" maxLength={alt_points} data-autofocus aria-describedby={`${id}-note`} defaultValue={upload.alt} />
        <span class="field-note" id={`${id}-note`}>For people who do not see it, and for those who search.</span>
      </div>
      <FormError text={error} />
      <div class="choices"><button type="submit" class="primary">Save</button></div>
    </form>
  );
}
