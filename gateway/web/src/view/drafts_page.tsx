// Drafts, and posts that appear later. Used by shell.tsx.
import type { ComponentChildren } from 'preact';
import type { Store } from '../store.ts';
import type { Draft } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { compose_dialog } from './compose.tsx';
import { Icon } from './elements.tsx';
import { ago, moment } from './format.ts';
import { list_rows, useList } from './list_rows.tsx';
import { confirm } from './overlay.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { VirtualRows, type Row } from './virtual_rows.tsx';

export function DraftsPage({ store }: PageProps) {
  const { social } = store;
  const drafts = social.list<Draft>('drafts', (cursor) => social.api.drafts(cursor), (draft) => draft.draft_id);
  const scheduled = social.post_list('scheduled', (cursor) => social.api.scheduled(cursor));
  useList(drafts);
  useList(scheduled);
  const head = (key: string, text: string): Row => ({ key, article: false, draw: () => <h3 class="list-head-line">{text}</h3> });
  const rows: Row[] = [
    head('head-scheduled', 'Scheduled'),
    ...list_rows(scheduled, {
      key: (post) => post.post_id, empty: <p>Nothing is waiting for its time.</p>,
      draw: (post) => (
        <Kept at={`appears ${moment(Date.parse(post.scheduled_at ?? ''))}`} text={post.text} icon="clock">
          <button type="button" class="secondary danger" onClick={() => void cancel(store, post.scheduled_id ?? post.post_id)}>Cancel it</button>
        </Kept>),
    }).map((row) => ({ ...row, key: `scheduled-${row.key}` })),
    head('head-drafts', 'Drafts'),
    ...list_rows(drafts, {
      key: (draft) => draft.draft_id, empty: <p>No drafts. “Save draft” keeps a post for later.</p>,
      draw: (draft) => (
        <Kept at={`changed ${ago(Date.parse(draft.updated_at))}`} text={draft.text ?? ''} icon="write">
          <button type="button" class="secondary" onClick={() => compose_dialog(store, { draft })}>Go on writing</button>
          <button type="button" class="secondary danger" onClick={() => void attempt(social.drop_draft(draft.draft_id), 'The draft is deleted.')}>Delete</button>
        </Kept>),
    }).map((row) => ({ ...row, key: `draft-${row.key}` })),
  ];
  return (
    <section class="page" aria-label="Drafts">
      <PageHead title="Drafts and scheduled" nested />
      <div class="page-body">
        <VirtualRows rows={rows} place={drafts.place} label="Drafts and scheduled posts" complete={drafts.complete && scheduled.complete}
          more={() => { void drafts.more(); void scheduled.more(); }} />
      </div>
    </section>
  );
}

async function cancel(store: Store, scheduled_id: string): Promise<void> {
  if (!await confirm({ title: 'Cancel this post?', text: 'It will not appear, and is deleted.', yes: 'Cancel the post', danger: true })) return;
  await attempt(store.social.cancel_scheduled(scheduled_id), 'It will not appear.');
}

function Kept({ at, text, icon, children }: { at: string; text: string; icon: 'clock' | 'write'; children: ComponentChildren }) {
  return (
    <div class="kept">
      <p class="post-why"><Icon name={icon} />{at}</p>
      <p class="post-text cut" dir="auto">{text || 'A poll or files'}</p>
      <div class="choices">{children}</div>
    </div>
  );
}
