// What each page of the right pane gets from the shell. Used by shell.tsx and the pages.
import type { Store } from '../store.ts';

export interface PageProps {
  store: Store;
}
