// What can be done with a message: a menu beside its bubble, by mouse, touch or keyboard. Used by chat_pane.tsx.
import { render } from 'preact';
import type { Message } from '../types.ts';
import { Icon, type IconName } from './elements.tsx';

const offered = ['👍', '❤️', '😂', '😮', '😢', '🎉'];
const margin_px = 8;

export interface MenuActions {
  reply: () => void;
  edit: () => void;
  recall: () => void;
  copy: () => void;
  react: (emoji: string) => void;
}

interface MenuProps {
  message: Message;
  mine: boolean;
  actions: MenuActions;
  close: (focus: boolean) => void;
}

function Menu({ message, mine, actions, close }: MenuProps) {
  const entry = (name: IconName, label: string, work: () => void, kind = '') => (
    <button type="button" role="menuitem" class={`menu-entry ${kind}`} onClick={() => { close(false); work(); }}>
      <Icon name={name} />{label}
    </button>
  );
  return (
    <>
      <div class="menu-reactions" role="group" aria-label="React">
        {offered.map((emoji) => (
          <button type="button" role="menuitemcheckbox" key={emoji} aria-label={`React with ${emoji}`}
            aria-checked={message.reactions.some((one) => one.emoji === emoji && one.mine)}
            onClick={() => { close(true); actions.react(emoji); }}>{emoji}</button>
        ))}
      </div>
      {entry('reply', 'Reply', actions.reply)}
      {entry('copy', 'Copy text', actions.copy)}
      {mine && entry('edit', 'Edit', actions.edit)}
      {mine && entry('trash', 'Take back', actions.recall, 'danger')}
    </>
  );
}

let close_open: (() => void) | null = null;

// The menu lies inside `within`, a landmark, so that a screen reader finds it where it belongs.
export function message_menu(
  message: Message, mine: boolean, anchor: HTMLElement, within: HTMLElement, actions: MenuActions,
): void {
  close_open?.();
  const menu = document.createElement('div');
  menu.className = 'menu';
  menu.setAttribute('role', 'menu');
  menu.setAttribute('aria-label', 'Message actions');
  const leave = new AbortController();
  const close = (focus: boolean) => {
    if (leave.signal.aborted) return;
    leave.abort();
    close_open = null;
    if (focus) anchor.focus();
    render(null, menu);
    menu.remove();
  };
  close_open = () => close(false);
  render(<Menu message={message} mine={mine} actions={actions} close={close} />, menu);
  within.append(menu);
  place(menu, anchor);
  const entries = [...menu.querySelectorAll<HTMLButtonElement>('button')];
  entries[0]?.focus();
  menu.addEventListener('keydown', (event) => on_key(event, entries, close));
  const outside = (event: Event) => { if (!menu.contains(event.target as Node)) close(false); };
  document.addEventListener('pointerdown', outside, { signal: leave.signal });
  window.addEventListener('resize', () => close(false), { signal: leave.signal });
  window.addEventListener('hashchange', () => close(false), { signal: leave.signal });
}

function on_key(event: KeyboardEvent, entries: HTMLButtonElement[], close: (focus: boolean) => void): void {
  if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    event.stopPropagation();
    close(true);
    return;
  }
  const at = entries.indexOf(document.activeElement as HTMLButtonElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  entries.at(next % entries.length)?.focus();
}

// Below the anchor if there is room, else above; always inside the window.
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + margin_px + height < window.innerHeight;
  const top = below ? at.bottom + 4 : Math.max(margin_px, at.top - height - 4);
  const middle = Math.min(at.left, window.innerWidth) - width / 2;
  const left = Math.min(Math.max(margin_px, middle), window.innerWidth - width - margin_px);
  menu.style.top = `${Math.min(top, Math.max(margin_px, window.innerHeight - height - margin_px))}px`;
  menu.style.left = `${left}px`;
}
