// The first page: log in, register, or go on as somebody this browser knows. Used by main.ts.
import * as api from '../api.ts';
import { as_problem, problem_text, type Problem } from '../problem.ts';
import { random_id } from '../random_id.ts';
import { account_of, type Account } from '../tokens.ts';
import { avatar, field, h, set_text } from './dom.ts';

export interface SignInOptions {
  accounts: { account: Account; elsewhere: boolean }[];
  notice: string;
  signed_in: (account: Account) => void;
  forget: (account: Account) => void;
}

type Tab = 'login' | 'register';

export function sign_in_view(options: SignInOptions): HTMLElement {
  const panel = h('div', { class: 'sign-in-panel' });
  const root = h('main', { class: 'sign-in' },
    h('div', { class: 'brand' }, h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
      h('h1', {}, 'Nova'), h('p', {}, 'Talk with people, live.')),
    panel);
  if (options.notice) panel.append(h('p', { class: 'notice', role: 'alert' }, options.notice));
  if (options.accounts.length > 0) panel.append(account_list(options));
  const forms = h('div', { class: 'sign-in-forms' });
  panel.append(forms);
  const show = (tab: Tab, focus: boolean) => {
    const form = tab === 'login' ? login_form(options) : register_form(options);
    const body = h('div', { role: 'tabpanel', 'aria-label': tab === 'login' ? 'Log in' : 'Register' }, form);
    forms.replaceChildren(tabs(tab, (next) => show(next, true)), body);
    if (focus) form.querySelector<HTMLInputElement>('input')?.focus();
  };
  show(first_tab(options), false);
  return root;
}

// Who was here before logs in; a second window beside somebody's first is most likely somebody new.
function first_tab({ accounts, notice }: SignInOptions): Tab {
  if (notice) return 'login';
  return accounts.every((one) => one.elsewhere) ? 'register' : 'login';
}

function account_list(options: SignInOptions): HTMLElement {
  const list = h('ul', { class: 'account-list', 'aria-label': 'People on this device' });
  for (const { account, elsewhere } of options.accounts) {
    const name = account.display_name || account.handle;
    const row = h('li', {},
      h('button', { type: 'button', class: 'account', onclick: () => options.signed_in(account) },
        avatar(account.account_id, name),
        h('span', { class: 'account-names' }, h('strong', {}, `Continue as ${name}`),
          h('small', {}, `@${account.handle}${elsewhere ? ' · open in another window' : ''}`))),
      h('button', {
        type: 'button',
        class: 'text-button',
        'aria-label': `Log out ${name}`,
        onclick: () => { row.remove(); options.forget(account); },
      }, 'Log out'));
    list.append(row);
  }
  return h('section', { class: 'accounts' }, list, h('p', { class: 'divider' }, 'or as somebody else'));
}

function tabs(now: Tab, change: (tab: Tab) => void): HTMLElement {
  const tab = (name: Tab, label: string) => h('button', {
    type: 'button', class: 'tab', role: 'tab', 'aria-selected': String(now === name), onclick: () => change(name),
  }, label);
  return h('div', { class: 'tabs', role: 'tablist' }, tab('register', 'Register'), tab('login', 'Log in'));
}

interface FormParts {
  fields: { row: HTMLElement; input: HTMLInputElement; set_error: (text: string) => void }[];
  action: string;
  busy: string;
  submit: () => Promise<void>;
}

function build_form(parts: FormParts): HTMLFormElement {
  const error = h('p', { class: 'form-error', role: 'alert' });
  const button = h('button', { type: 'submit', class: 'primary' }, parts.action);
  const form = h('form', { novalidate: true }, ...parts.fields.map((one) => one.row), error, button);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (button.disabled) return;
    set_text(error, '');
    button.disabled = true;
    set_text(button, parts.busy);
    parts.submit().catch((caught: unknown) => {
      show_problem(as_problem(caught), parts, error);
    }).finally(() => {
      button.disabled = false;
      set_text(button, parts.action);
    });
  });
  return form;
}

function show_problem(problem: Problem, parts: FormParts, error: HTMLElement): void {
  const by_name = new Map(parts.fields.map((one) => [one.input.name, one]));
  const field_codes: Record<string, string> = { email_taken: 'email', handle_taken: 'handle' };
  const named = field_codes[problem.code];
  const all = named ? [{ field: named, detail: problem_text(problem) }] : problem.errors;
  let placed = false;
  for (const { field: name, detail } of all) {
    const one = by_name.get(name);
    if (!one) continue;
    one.set_error(detail);
    if (!placed) one.input.focus();
    placed = true;
  }
  if (!placed) set_text(error, problem_text(problem));
}

// Finds what is plainly missing before the server is asked.
function required(parts: Pick<FormParts, 'fields'>): boolean {
  let complete = true;
  for (const one of parts.fields) {
    if (!one.input.required || one.input.value.trim() !== '') continue;
    one.set_error('Please fill this in.');
    if (complete) one.input.focus();
    complete = false;
  }
  return complete;
}

function login_form(options: SignInOptions): HTMLFormElement {
  const identifier = field('E-mail or handle', {
    name: 'identifier', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true,
  });
  const password = field('Password', {
    name: 'password', type: 'password', autocomplete: 'current-password', required: true,
  });
  const fields = [identifier, password];
  return build_form({
    fields,
    action: 'Log in',
    busy: 'Logging in…',
    submit: async () => {
      if (!required({ fields })) return;
      const name = identifier.input.value.trim().replace(/^@/, '');
      const tokens = await api.login(name, password.input.value);
      options.signed_in(account_of(tokens, { handle: name, display_name: '' }));
    },
  });
}

function register_form(options: SignInOptions): HTMLFormElement {
  const display_name = field('Your name', { name: 'display_name', autocomplete: 'name', required: true });
  const handle = field('Handle', {
    name: 'handle', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true,
  }, 'How others find you: 3–30 letters, digits or _');
  const email = field('E-mail', { name: 'email', type: 'email', autocomplete: 'email', required: true });
  const password = field('Password', {
    name: 'password', type: 'password', autocomplete: 'new-password', required: true,
  }, 'At least 8 characters');
  const fields = [display_name, handle, email, password];
  // One key for as long as the form says the same: a lost answer does not make a second account.
  let key = random_id();
  for (const one of fields) one.input.addEventListener('input', () => { key = random_id(); });
  return build_form({
    fields,
    action: 'Create account',
    busy: 'Creating…',
    submit: async () => {
      if (!required({ fields })) return;
      const names = {
        handle: handle.input.value.trim().replace(/^@/, ''),
        display_name: display_name.input.value.trim(),
      };
      if (!/^[A-Za-z0-9_]{3,30}$/.test(names.handle)) {
        handle.set_error('3–30 letters, digits or _, please.');
        handle.input.focus();
        return;
      }
      if ([...password.input.value].length < 8) {
        password.set_error('At least 8 characters, please.');
        password.input.focus();
        return;
      }
      const tokens = await api.register(
        { email: email.input.value.trim(), password: password.input.value, ...names }, key);
      options.signed_in(account_of(tokens, names));
    },
  });
}
