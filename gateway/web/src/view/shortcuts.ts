// The keys of the page, in one list: what a key press means, and what the settings and the help say about it. Used by shell.tsx.
export type Shortcut = 'find' | 'search' | 'next' | 'previous' | 'help' | 'settings' | 'home' | 'notifications' | 'chats' | 'profile' | 'post' | 'newest';

export const shortcuts: { keys: string; does: string }[] = [
  { keys: 'n', does: 'New post' },
  { keys: 'j k', does: 'Next post, post before; Enter opens it' },
  { keys: 'f b r', does: 'On a post: like it, share it, answer it' },
  { keys: '.', does: 'Show new posts' },
  { keys: '1 2 3 4 5', does: 'Home, search, notifications, chats, your profile' },
  { keys: '/', does: 'Search people, posts and messages' },
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

const single: Record<string, Shortcut> = {
  '?': 'help', '/': 'search', '.': 'newest', n: 'post', 1: 'home', 2: 'search', 3: 'notifications', 4: 'chats', 5: 'profile',
};

// What a key press asks for, wherever the focus is; null for none. A single key counts only outside of text fields.
export function shortcut_of(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>, writing: boolean,
): Shortcut | null {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (command && event.key.toLowerCase() === 'k') return 'find';
  if (command && event.key === ',') return 'settings';
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.key === 'ArrowDown') return 'next';
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.key === 'ArrowUp') return 'previous';
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return null;
  return single[event.key] ?? null;
}
