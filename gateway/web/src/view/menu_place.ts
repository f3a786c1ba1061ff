// Where a menu lies and what keys do in it. Used by menu.tsx and message_menu.tsx.
const margin_px = 8;

// Escape and Tab leave the menu; the arrows, Home and End move in it.
export function menu_keys(event: KeyboardEvent, entries: HTMLButtonElement[], close: (focus: boolean) => void): void {
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
export function place_menu(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + margin_px + height < window.innerHeight;
  const top = below ? at.bottom + 4 : Math.max(margin_px, at.top - height - 4);
  const middle = Math.min(at.left, window.innerWidth) - width / 2;
  const left = Math.min(Math.max(margin_px, middle), window.innerWidth - width - margin_px);
  menu.style.top = `${Math.min(top, Math.max(margin_px, window.innerHeight - height - margin_px))}px`;
  menu.style.left = `${left}px`;
}
