// Elements, icons and small widgets that every view is made of. Text goes in as text: nothing here parses HTML.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

// h('button', { class: 'primary', onclick: … }, 'Send'): names that start with `on` are listeners, false and null leave
// an attribute out.
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  append(element, children);
  return element;
}

export function append(element: Element, children: Child[]): void {
  for (const child of children) if (child) element.append(child);
}

// Sets only what differs, so that a redraw costs nothing and a screen reader hears nothing.
export function set_text(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function set_attribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-5.5 16-3-6.5z',
  plus: 'M12 5v14M5 12h14',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.5 3.5 0 0 1 0 6.4M18 14.5c2.2.8 3.5 2.8 3.5 5.5',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 1.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2 12.5l4.5 4.5L16 7.5M12 16.5l.6.5L22 7.5',
  alert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v5M12 16h.01',
  reply: 'M10 7L5 12l5 5M5 12h8c3.5 0 6 2 6 6',
  edit: 'M5 19l1-4L16 5l3 3L9 18z',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8h.01',
  leave: 'M14 5H6v14h8M11 12h9M17 9l3 3-3 3',
  swap: 'M4 9h14M14 5l4 4-4 4M20 16H6M10 12l-4 4 4 4',
  down: 'M12 5v14M6 13l6 6 6-6',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M20 20l-4.5-4.5',
  block: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M6.5 6.5l11 11',
};

export type IconName = keyof typeof paths;

const svg_space = 'http://www.w3.org/2000/svg';

export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(svg_space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg_space, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

export function icon_button(name: IconName, label: string, onclick: () => void, kind = ''): HTMLButtonElement {
  return h('button', { type: 'button', class: `icon-button ${kind}`, 'aria-label': label, title: label, onclick },
    icon(name));
}

const hues = 12;

// The same person has the same colour everywhere.
export function hue_of(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return (hash >>> 8) % hues;
}

export function initials(name: string): string {
  const words = name.replace(/^@/, '').split(/[\s_.-]+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? [...(words.at(-1) ?? '')][0] ?? '' : '';
  return (first + last).toUpperCase();
}

export function avatar(id: string, name: string, size = ''): HTMLElement {
  return h('span', { class: `avatar hue-${hue_of(id)} ${size}`, 'aria-hidden': 'true' }, initials(name));
}

export function field(
  label: string, attributes: Attributes & { name: string }, hint = '',
): { row: HTMLElement; input: HTMLInputElement; set_error: (text: string) => void } {
  const id = `field-${attributes.name}-${Math.random().toString(36).slice(2, 8)}`;
  const note = h('span', { class: 'field-note', id: `${id}-note` }, hint);
  const input = h('input', { id, 'aria-describedby': `${id}-note`, ...attributes });
  const row = h('div', { class: 'field' }, h('label', { for: id }, label), input, note);
  const set_error = (text: string) => {
    row.classList.toggle('wrong', text !== '');
    set_attribute(input, 'aria-invalid', text ? 'true' : null);
    set_text(note, text || hint);
  };
  input.addEventListener('input', () => set_error(''));
  return { row, input, set_error };
}

let toast_timer = 0;

// A short message at the bottom of the window that goes by itself.
export function toast(text: string): void {
  let box = document.querySelector<HTMLElement>('.toast');
  if (!box) {
    box = h('div', { class: 'toast', role: 'alert' });
    document.body.append(box);
  }
  box.textContent = text;
  box.classList.add('shown');
  clearTimeout(toast_timer);
  toast_timer = window.setTimeout(() => box.classList.remove('shown'), 5000);
}

// A modal dialog with a title and a close button; `closed` runs when it has gone, however it went.
export function open_dialog(title: string, body: Node, closed: () => void = () => {}): () => void {
  const id = `dialog-${Math.random().toString(36).slice(2, 8)}`;
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': id });
  const close = () => dialog.close();
  dialog.append(h('header', { class: 'dialog-head' }, h('h2', { id }, title),
    icon_button('close', 'Close', close)), body);
  dialog.addEventListener('close', () => { dialog.remove(); closed(); });
  dialog.addEventListener('mousedown', (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  return close;
}
