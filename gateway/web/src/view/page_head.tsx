// The top of a page of the right pane: the way back, its title, what can be done. Used by the pages of posts and people, and the settings.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from './elements.tsx';

// Each entry of this window's history knows how many lie before it.
export function count_history(before: number): number {
  if (typeof history.state !== 'number') history.replaceState(before + 1, '');
  return Number(history.state);
}

// One page back inside Nova, or to the feed when the window began here.
export function go_back(): void {
  if (Number(history.state) > 0) history.back();
  else location.hash = '#/';
}

export function PageHead({ title, nested = false, children }: { title: ComponentChildren; nested?: boolean; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      {nested && <IconButton name="back" label="Back" class="page-back" onClick={go_back} />}
      <h2 class="page-title" tabindex={-1}>{title}</h2>
      {children}
    </header>
  );
}

// Links that are tabs of one page.
export function LinkTabs({ label, tabs, now }: { label: string; tabs: { address: string; text: string }[]; now: string }) {
  const row = useRef<HTMLElement>(null);
  // On a phone not all of them have room: the row itself moves, nothing around it.
  useEffect(() => {
    const box = row.current?.getBoundingClientRect();
    const current = row.current?.querySelector('[aria-current]')?.getBoundingClientRect();
    if (box && current) row.current!.scrollBy(current.left + current.width / 2 - box.left - box.width / 2, 0);
  }, [now]);
  return (
    <nav class="link-tabs" aria-label={label} ref={row}>
      {tabs.map(({ address, text }) => <a key={address} href={address} aria-current={address === now ? 'page' : undefined}>{text}</a>)}
    </nav>
  );
}
