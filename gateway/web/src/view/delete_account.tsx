// The end of the account: asks for the password, and tells how to take it back. Used by settings_account.tsx.
import { useState } from 'preact/hooks';
import { deletion_kept, deletion_of, keep_deletion } from '../deletions.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import { Field } from './elements.tsx';
import { open_dialog } from './overlay.tsx';

export function DeleteAccount({ store }: { store: Store }) {
  return (
    <section class="card" aria-labelledby="settings-end">
      <h3 id="settings-end">Delete the account</h3>
      <p class="soft">Your profile, posts and comments go from sight at once, and are erased after a while in which you can take it back.</p>
      <div class="choices">
        <button type="button" class="secondary danger" onClick={() => open_dialog('Delete the account?', (close) => <Question store={store} close={close} />)}>
          Delete the account…</button>
      </div>
    </section>
  );
}

function Question({ store, close }: { store: Store; close: () => void }) {
  const [password, set_password] = useState('');
  const [error, set_error] = useState('');
  const [busy, set_busy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (password === '') {
      set_error('Please fill this in.');
      return;
    }
    set_busy(true);
    try {
      const deletion = await store.social.api.delete_account(password);
      keep_deletion(localStorage, deletion_of(store.me, deletion));
      window.dispatchEvent(new Event(deletion_kept));
      close();
      store.session.signed_out();
    } catch (caught) {
      const problem = as_problem(caught);
      set_error(problem.code === 'invalid_credentials' ? 'This is not your password.' : problem_text(problem));
      set_busy(false);
    }
  };
  return (
    <form class="dialog-body" noValidate onSubmit={(event) => void submit(event)}>
      <p>@{store.me.handle} disappears for everybody, on all devices. This browser keeps what is needed to take it back in time.</p>
      <input type="text" class="visually-hidden" autocomplete="username" value={store.me.handle} readOnly tabindex={-1} aria-hidden="true" />
      <Field label="Your password" name="password" type="password" autocomplete="current-password" data-autofocus value={password} error={error}
        onInput={(event) => { set_password(event.currentTarget.value); set_error(''); }} />
      <div class="choices">
        <button type="button" class="secondary" onClick={close}>Cancel</button>
        <button type="submit" class="primary dangerous" disabled={busy}>Delete the account</button>
      </div>
    </form>
  );
}
