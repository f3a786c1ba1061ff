// A copy of all that Nova has of the account: asked for, watched while it is made, fetched. Used by settings_account.tsx.
import { useEffect, useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import type { AccountExport } from '../social_types.ts';
import { FormError } from './elements.tsx';
import { moment } from './format.ts';

const look_again_ms = 2_000;

export function ExportAccount({ store }: { store: Store }) {
  // The last one is found again in this browser.
  const key = `nova.export.${store.me.account_id}`;
  const [id, set_id] = useState(() => localStorage.getItem(key) ?? '');
  const [found, set_found] = useState<AccountExport | null>(null);
  const [error, set_error] = useState('');
  const { api } = store.social;
  useEffect(() => {
    if (!id) return undefined;
    let timer = 0;
    const look = () => api.export_state(id).then((now) => {
      set_found(now);
      if (now.state === 'running') timer = window.setTimeout(look, look_again_ms);
    }, (caught: unknown) => {
      const problem = as_problem(caught);
      if (problem.retryable) timer = window.setTimeout(look, look_again_ms);
      else localStorage.removeItem(key);
    });
    void look();
    return () => clearTimeout(timer);
  }, [id]);
  const ask = async () => {
    set_error('');
    try {
      const { export_id } = await api.start_export();
      localStorage.setItem(key, export_id);
      set_found(null);
      set_id(export_id);
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  const running = found?.state === 'running';
  const ready = found?.state === 'ready' && found.url !== undefined && Date.parse(found.expires_at ?? '') > Date.now();
  return (
    <section class="card" aria-labelledby="settings-export">
      <h3 id="settings-export">A copy of your data</h3>
      <p class="soft">Your profile, posts, messages and settings as one ZIP file.</p>
      {running && (
        <div class="progress" role="status">
          <span id="export-progress">Being made…</span>
          <progress max={1} value={found.progress} aria-labelledby="export-progress" />
        </div>)}
      {ready && <p>It is ready until {moment(Date.parse(found.expires_at!))}.</p>}
      {found?.state === 'failed' && <p>It could not be made. Please ask again.</p>}
      <FormError text={error} />
      <div class="choices">
        {ready && <a class="primary link" href={gateways.address(found.url!)} download="nova-export.zip">Download</a>}
        {!ready && <button type="button" class="secondary" disabled={running} onClick={() => void ask()}>Ask for a copy</button>}
      </div>
    </section>
  );
}
