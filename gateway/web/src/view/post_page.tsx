// One post with its thread of comments. Used by shell.tsx.
import { useEffect, useState } from 'preact/hooks';
import { as_problem, problem_text } from '../problem.ts';
import { Thread, type ThreadRow } from '../thread.ts';
import { CommentForm } from './comment_form.tsx';
import { CommentView } from './comment_view.tsx';
import { PageHead } from './page_head.tsx';
import type { PageProps } from './page.ts';
import { PostView } from './post_view.tsx';
import { VirtualRows, type Row } from './virtual_rows.tsx';

export function PostPage({ store, id, answer }: PageProps & { id: string; answer: boolean }) {
  const { social } = store;
  const post = social.posts.get(id);
  const [error, set_error] = useState('');
  const thread: Thread = social.thread(id);
  const read = () => {
    set_error('');
    social.posts.read(id).then(() => thread.open(), (caught: unknown) => {
      const problem = as_problem(caught);
      if (problem.code === 'not_found') social.posts.gone(id);
      set_error(problem.code === 'not_found' ? 'This post is not here (any more), or you may not see it.' : problem_text(problem));
    });
  };
  useEffect(read, [id]);
  const rows: Row[] = [];
  if (post) {
    rows.push({ key: 'post', article: true, draw: () => <PostView store={store} post={post} whole /> });
    rows.push({
      key: 'form', article: false,
      draw: () => (
        <div class="comment-first">
          <CommentForm store={store} thread={thread} label="Write a comment" focus={answer} />
          <Sort thread={thread} />
        </div>),
    });
    for (const row of thread.rows()) rows.push(thread_row(row));
  } else {
    rows.push({
      key: 'none', article: false,
      draw: () => (error
        ? <div class="list-tail" role="alert"><p>{error}</p><button type="button" class="secondary" onClick={read}>Try again</button></div>
        : <p class="list-tail" role="status">Loading…</p>),
    });
  }
  function thread_row(row: ThreadRow): Row {
    switch (row.kind) {
      case 'comment': return { key: row.key, article: true, draw: () => <CommentView store={store} thread={thread} row={row} post={post!} /> };
      case 'more': return {
        key: row.key, article: false,
        draw: () => (
          <button type="button" class="text-button thread-more" style={{ marginInlineStart: `${row.depth * 28 + 16}px` }} disabled={row.list.loading}
            onClick={() => void (row.list.problem ? row.list.again() : row.list.more())}>
            {row.list.loading ? 'Loading…' : row.list.problem ? `${problem_text(row.list.problem)} Try again` : 'Show more comments'}</button>),
      };
      case 'none': return { key: row.key, article: false, draw: () => <p class="list-tail">No comments yet. Be the first.</p> };
    }
  }
  return (
    <section class="page" aria-label="Post">
      <PageHead title="Post" nested />
      <div class="page-body">
        <VirtualRows rows={rows} place={thread.place} label="Post and comments" complete={thread.complete} more={() => thread.more()} />
      </div>
    </section>
  );
}

function Sort({ thread }: { thread: Thread }) {
  if (thread.top.items.length < 2) return null;
  return (
    <label class="order">
      <span class="visually-hidden">Order of the comments</span>
      <select value={thread.sort} onChange={(event) => thread.set_sort(event.currentTarget.value as Thread['sort'])}>
        <option value="oldest">Oldest first</option>
        <option value="newest">Newest first</option>
      </select>
    </label>
  );
}
