// Accounts that were deleted in this browser and can still be taken back: what the server needs for that is kept here, since the sessions
// have ended. Used by view/delete_account.tsx and view/sign_in.tsx.
import type { AccountDeletion } from './social_types.ts';
import type { Me } from './store.ts';
import type { KeyValueStore } from './tokens.ts';

const key = 'nova.deletions';
const kept_most = 10;
// Told to the window: the session may have ended, and the sign-in page be shown, before the answer to the deletion came.
export const deletion_kept = 'nova.deletion.kept';

export interface KeptDeletion {
  handle: string;
  deletes_at: string;
  undo_token: string;
}

export function deletion_of(me: Pick<Me, 'handle'>, { deletes_at, undo_token }: AccountDeletion): KeptDeletion {
  return { handle: me.handle, deletes_at, undo_token };
}

// Those whose time has not run out.
export function kept_deletions(store: KeyValueStore, now = Date.now()): KeptDeletion[] {
  try {
    const found = JSON.parse(store.getItem(key) ?? '[]') as unknown;
    if (!Array.isArray(found)) return [];
    return (found as KeptDeletion[]).filter((one) => typeof one.undo_token === 'string' && Date.parse(one.deletes_at) > now);
  } catch {
    return [];
  }
}

export function keep_deletion(store: KeyValueStore, deletion: KeptDeletion): void {
  write(store, [deletion, ...kept_deletions(store)].slice(0, kept_most));
}

export function drop_deletion(store: KeyValueStore, undo_token: string): void {
  write(store, kept_deletions(store).filter((one) => one.undo_token !== undo_token));
}

function write(store: KeyValueStore, all: KeptDeletion[]): void {
  if (all.length > 0) store.setItem(key, JSON.stringify(all));
  else store.removeItem(key);
}
