// Whether a person looks at this window: what is on its screen then counts as read. Used by the chat pane and its list.
export function is_looked_at(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
