// What can be done with a message: a menu beside its bubble, by mouse, touch or keyboard. Used by chat_pane.ts.
import type { Message } from '../types.ts';
import { h, icon, type IconName } from './dom.ts';

const offered = ['👍', '❤️', '😂', '😮', '😢', '🎉'];
const margin_px = 8;

export interface MenuActions {
  reply: () => void;
  edit: () => void;
  recall: () => void;
  copy: () => void;
  react: (emoji: string) => void;
}

export function message_menu(
  message: Message, mine: boolean, anchor: HTMLElement, actions: MenuActions,
): void {
  document.querySelector('.menu')?.remove();
  const menu = h('div', { class: 'menu', role: 'menu', 'aria-label': 'Message actions' });
  const leave = new AbortController();
  const close = (focus: boolean) => {
    leave.abort();
    menu.remove();
    if (focus) anchor.focus();
  };
  const entry = (name: IconName, label: string, work: () => void, kind = '') => h('button', {
    type: 'button', role: 'menuitem', class: `menu-entry ${kind}`, onclick: () => { close(false); work(); },
  }, icon(name), label);
  const row = h('div', { class: 'menu-reactions', role: 'group', 'aria-label': 'React' });
  for (const emoji of offered) {
    const given = message.reactions.some((one) => one.emoji === emoji && one.mine);
    row.append(h('button', {
      type: 'button',
      role: 'menuitemcheckbox',
      'aria-checked': String(given),
      'aria-label': `React with ${emoji}`,
      onclick: () => { close(true); actions.react(emoji); },
    }, emoji));
  }
  menu.append(row, entry('reply', 'Reply', actions.reply), entry('copy', 'Copy text', actions.copy));
  if (mine) {
    menu.append(entry('edit', 'Edit', actions.edit),
      entry('trash', 'Take back', actions.recall, 'danger'));
  }
  document.body.append(menu);
  place(menu, anchor);
  const entries = [...menu.querySelectorAll<HTMLButtonElement>('button')];
  entries[0]?.focus();
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close(true);
      return;
    }
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const at = entries.indexOf(document.activeElement as HTMLButtonElement);
    entries[(at + step + entries.length) % entries.length]?.focus();
  });
  const outside = (event: Event) => { if (!menu.contains(event.target as Node)) close(false); };
  document.addEventListener('pointerdown', outside, { signal: leave.signal });
  window.addEventListener('resize', () => close(false), { signal: leave.signal });
}

// Below the anchor if there is room, else above; always inside the window.
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + margin_px + height < window.innerHeight;
  const top = below ? at.bottom + 4 : Math.max(margin_px, at.top - height - 4);
  const left = Math.min(Math.max(margin_px, at.left - width / 2), window.innerWidth - width - margin_px);
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
