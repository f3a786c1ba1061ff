// What lies over the page: dialogs, a question, a short notice. Each has a root of its own, so that any view can open one.
import { render, type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton, useElementId } from './elements.tsx';

const toast_ms = 5_000;
const toast_action_ms = 12_000;

export type DialogBody = (close: () => void) => ComponentChildren;

interface Opened {
  draw: () => void;
  close: () => void;
}

const opened = new Set<Opened>();

function Frame({ title, children, gone, kind }: { title: string; children: ComponentChildren; gone: () => void; kind: string }) {
  const id = useElementId();
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
  }, []);
  const outside = (event: MouseEvent) => { if (event.target === ref.current) ref.current?.close(); };
  return (
    <dialog class={`dialog ${kind}`} aria-labelledby={id} ref={ref} onClose={gone} onMouseDown={outside}>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton name="close" label="Close" onClick={() => ref.current?.close()} />
      </header>
      {children}
    </dialog>
  );
}

// Opens a modal dialog; `closed` runs when it has gone, however it went. The focus returns to where it was.
export function open_dialog(
  title: string | (() => string), body: DialogBody, closed: () => void = () => {}, kind = '',
): () => void {
  const host = document.createElement('div');
  document.body.append(host);
  const close = () => host.querySelector('dialog')?.close();
  const gone = () => {
    opened.delete(entry);
    render(null, host);
    host.remove();
    closed();
  };
  const draw = () => render(
    <Frame title={typeof title === 'string' ? title : title()} gone={gone} kind={kind}>{body(close)}</Frame>, host);
  const entry: Opened = { draw, close };
  opened.add(entry);
  draw();
  return close;
}

// The store changed: dialogs show it too.
export function draw_dialogs(): void {
  for (const one of [...opened]) one.draw();
}

// Before another view takes the page.
export function close_overlays(): void {
  for (const one of [...opened]) one.close();
  document.querySelector('.toast')?.classList.remove('shown');
}

// Resolves with what the person chose; closing the dialog is a no.
export function confirm(question: { title: string; text: string; yes: string; danger?: boolean }): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    open_dialog(question.title, (close) => (
      <div class="dialog-body">
        <p>{question.text}</p>
        <div class="choices">
          <button type="button" class="secondary" data-autofocus={question.danger} onClick={close}>Cancel</button>
          <button type="button" data-autofocus={!question.danger} class={question.danger ? 'primary dangerous' : 'primary'}
            onClick={() => { answer = true; close(); }}>{question.yes}</button>
        </div>
      </div>
    ), () => resolve(answer));
  });
}

let toast_timer = 0;

// A short notice that goes by itself; with something to do about it, it stays longer, and as long as the focus is in it.
export function toast(text: string, action?: { label: string; work: () => void }): void {
  let box = document.querySelector<HTMLElement>('.toast');
  if (!box) {
    box = document.createElement('div');
    box.className = 'toast';
    box.setAttribute('role', 'alert');
    document.body.append(box);
  }
  const hide = () => {
    if (box.contains(document.activeElement)) toast_timer = window.setTimeout(hide, toast_ms);
    else box.classList.remove('shown');
  };
  box.replaceChildren(text);
  if (action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = action.label;
    button.addEventListener('click', () => {
      box.classList.remove('shown');
      action.work();
    });
    box.append(button);
  }
  box.classList.add('shown');
  clearTimeout(toast_timer);
  toast_timer = window.setTimeout(hide, action ? toast_action_ms : toast_ms);
}
