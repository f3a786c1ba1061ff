// The keys of the page, in one list: what a key press means, and what the settings and the help say about it. Used by shell.tsx.
export type Shortcut = 'search' | 'next' | 'previous' | 'help' | 'settings';

export const shortcuts: { keys: string; does: string }[] = [
  { keys: 'Ctrl+K', does: 'Find a conversation' },
  { keys: 'Alt+↓', does: 'Next conversation' },
  { keys: 'Alt+↑', does: 'Conversation before' },
  { keys: 'Ctrl+,', does: 'Settings' },
  { keys: 'Enter', does: 'Send; with Shift a new line' },
  { keys: '↑', does: 'In an empty field: edit your last message' },
  { keys: 'Shift+↑', does: 'In an empty field: go to the messages' },
  { keys: '↑ ↓', does: 'Among the messages: the one before, the next; Home and End' },
  { keys: '← →', does: 'In a message: its buttons and links; Enter opens its menu' },
  { keys: 'Esc', does: 'Back to writing; cancels a reply or an edit' },
  { keys: '?', does: 'This list' },
];

// What a key press asks for, wherever the focus is; null for none. A single key counts only where nobody writes.
export function shortcut_of(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>, writing: boolean,
): Shortcut | null {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (command && event.key.toLowerCase() === 'k') return 'search';
  if (command && event.key === ',') return 'settings';
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.key === 'ArrowDown') return 'next';
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.key === 'ArrowUp') return 'previous';
  if (!writing && event.key === '?' && !event.ctrlKey && !event.metaKey && !event.altKey) return 'help';
  return null;
}
