// What a person is asked before a log-out deletes unsent texts; empty when there is nothing to ask. Pure; used by main.tsx.
// `post`: a post is being written.
export function unsent_text(messages: number, drafts: number, post = false): string {
  const parts: string[] = [];
  if (messages > 0) parts.push(messages === 1 ? 'One message was not sent yet' : `${messages} messages were not sent yet`);
  if (drafts > 0) parts.push(drafts === 1 ? 'one conversation has a draft' : `${drafts} conversations have drafts`);
  if (post) parts.push('a post is not finished');
  if (parts.length === 0) return '';
  const said = parts.join(', and ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}. Logging out deletes this from the browser.`;
}
