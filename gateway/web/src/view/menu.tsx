// A menu beside what opened it, by mouse, touch or keyboard: entries, and a row of emoji to react with. Used by the views of posts and
// people.
import { render } from 'preact';
import { same_emoji } from '../posts.ts';
import { Icon, type IconName } from './elements.tsx';
import { menu_keys, place_menu } from './menu_place.ts';

export const offered_emoji = ['👍', '❤️', '😂', '😮', '😢', '🎉'];

export interface Entry {
  name: IconName;
  label: string;
  work: () => void;
  danger?: boolean;
}

export interface MenuContent {
  label: string;
  entries: Entry[];
  // Present: a row of emoji, of which `mine` is the caller's.
  reactions?: { mine: string | null; choose: (emoji: string | null) => void };
}

let close_open: (() => void) | null = null;

function Menu({ content, close }: { content: MenuContent; close: (focus: boolean) => void }) {
  const { entries, reactions } = content;
  return (
    <>
      {reactions && (
        <div class={`menu-reactions${entries.length === 0 ? ' alone' : ''}`} role="group" aria-label="React">
          {offered_emoji.map((emoji) => {
            const given = same_emoji(emoji, reactions.mine);
            return (
              <button type="button" role="menuitemcheckbox" key={emoji} aria-label={`React with ${emoji}`} aria-checked={given}
                onClick={() => { close(true); reactions.choose(given ? null : emoji); }}>{emoji}</button>
            );
          })}
        </div>)}
      {entries.map(({ name, label, work, danger }) => (
        <button type="button" role="menuitem" key={label} class={`menu-entry${danger ? ' danger' : ''}`}
          onClick={() => { close(true); work(); }}><Icon name={name} />{label}</button>
      ))}
    </>
  );
}

// It lies inside the landmark of its anchor, so that a screen reader finds it where it belongs. The focus returns to the anchor.
export function open_menu(anchor: HTMLElement, content: MenuContent): void {
  close_open?.();
  const menu = document.createElement('div');
  menu.className = 'menu';
  menu.setAttribute('role', 'menu');
  menu.setAttribute('aria-label', content.label);
  const leave = new AbortController();
  const close = (focus: boolean) => {
    if (leave.signal.aborted) return;
    leave.abort();
    close_open = null;
    anchor.setAttribute('aria-expanded', 'false');
    if (focus) anchor.focus();
    render(null, menu);
    menu.remove();
  };
  close_open = () => close(false);
  render(<Menu content={content} close={close} />, menu);
  (anchor.closest<HTMLElement>('dialog, section, nav') ?? document.body).append(menu);
  place_menu(menu, anchor);
  anchor.setAttribute('aria-expanded', 'true');
  const entries = [...menu.querySelectorAll<HTMLButtonElement>('button')];
  entries[0]?.focus();
  menu.addEventListener('keydown', (event) => menu_keys(event, entries, close));
  const outside = (event: Event) => { if (!menu.contains(event.target as Node)) close(false); };
  document.addEventListener('pointerdown', outside, { signal: leave.signal });
  window.addEventListener('resize', () => close(false), { signal: leave.signal });
  window.addEventListener('hashchange', () => close(false), { signal: leave.signal });
}
