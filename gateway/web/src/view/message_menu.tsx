// What can be done with a message: a menu beside its bubble, by mouse, touch or keyboard. Used by chat_pane.tsx.
import { render } from 'preact';
import type { Message } from '../types.ts';
import { Icon, type IconName } from './elements.tsx';
import { offered_emoji, type Entry } from './menu.tsx';
import { menu_keys, place_menu } from './menu_place.ts';

export interface MenuActions {
  reply: () => void;
  edit: () => void;
  recall: () => void;
  copy: () => void;
  react: (emoji: string) => void;
  // Of those who moderate the chat.
  moderate: Entry[];
}

interface MenuProps {
  message: Message;
  mine: boolean;
  actions: MenuActions;
  close: (focus: boolean) => void;
}

function Menu({ message, mine, actions, close }: MenuProps) {
  const entry = (name: IconName, label: string, work: () => void, kind = '') => (
    <button type="button" role="menuitem" key={label} class={`menu-entry ${kind}`} onClick={() => { close(false); work(); }}>
      <Icon name={name} />{label}
    </button>
  );
  return (
    <>
      <div class="menu-reactions" role="group" aria-label="React">
        {offered_emoji.map((emoji) => (
          <button type="button" role="menuitemcheckbox" key={emoji} aria-label={`React with ${emoji}`}
            aria-checked={message.reactions.some((one) => one.emoji === emoji && one.mine)}
            onClick={() => { close(true); actions.react(emoji); }}>{emoji}</button>
        ))}
      </div>
      {entry('reply', 'Reply', actions.reply)}
      {message.text !== '' && entry('copy', 'Copy text', actions.copy)}
      {mine && entry('edit', 'Edit', actions.edit)}
      {mine && entry('trash', 'Take back', actions.recall, 'danger')}
      {actions.moderate.map(({ name, label, work, danger }) => entry(name, label, work, danger ? 'danger' : ''))}
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
  place_menu(menu, anchor);
  const entries = [...menu.querySelectorAll<HTMLButtonElement>('button')];
  entries[0]?.focus();
  menu.addEventListener('keydown', (event) => menu_keys(event, entries, close));
  const outside = (event: Event) => { if (!menu.contains(event.target as Node)) close(false); };
  document.addEventListener('pointerdown', outside, { signal: leave.signal });
  window.addEventListener('resize', () => close(false), { signal: leave.signal });
  window.addEventListener('hashchange', () => close(false), { signal: leave.signal });
}
