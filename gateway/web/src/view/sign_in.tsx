// The first page: log in, register, or go on as an account that this browser knows. Used by main.ts.
import { createRef, type ComponentChildren, type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from '../api.ts';
import { deletion_kept, drop_deletion, kept_deletions, type KeptDeletion } from '../deletions.ts';
import { as_problem, problem_text, type Problem } from '../problem.ts';
import { random_id } from '../random_id.ts';
import { undelete } from '../social_api.ts';
import { account_of, type Account } from '../tokens.ts';
import { Avatar, Field, FormError } from './elements.tsx';
import { moment } from './format.ts';
import { toast } from './overlay.tsx';
import { register_errors, type Errors } from './sign_in_rules.ts';

export interface SignInOptions {
  accounts: { account: Account; elsewhere: boolean }[];
  notice: string;
  // An account was used in this browser before: its person comes back rather than registers.
  known: boolean;
  signed_in: (account: Account) => void;
  // Asks about unsent texts; true when the account is gone from here.
  forget: (account: Account) => Promise<boolean>;
}

type Tab = 'register' | 'login';
const tab_names: Record<Tab, string> = { register: 'Register', login: 'Log in' };

export function SignIn(options: SignInOptions) {
  const [tab, set_tab] = useState<Tab>(options.known || options.notice ? 'login' : 'register');
  return (
    <main class="sign-in">
      <div class="brand">
        <span class="brand-mark" aria-hidden="true" />
        <h1>Nova</h1>
        <p>Talk with people, live.</p>
      </div>
      <div class="sign-in-panel">
        {options.notice && <p class="notice" role="alert">{options.notice}</p>}
        <Deletions />
        {options.accounts.length > 0 && <Accounts {...options} />}
        <div class="sign-in-forms">
          <Tabs now={tab} change={set_tab} />
          <div role="tabpanel" id="sign-in-form" aria-labelledby={`tab-${tab}`}>
            {tab === 'login' ? <LogIn {...options} /> : <Register {...options} />}
          </div>
        </div>
      </div>
    </main>
  );
}

// Accounts deleted in this browser, while they can be taken back.
function Deletions() {
  const [kept, set_kept] = useState(() => kept_deletions(localStorage));
  useEffect(() => {
    const again = () => set_kept(kept_deletions(localStorage));
    window.addEventListener(deletion_kept, again);
    return () => window.removeEventListener(deletion_kept, again);
  }, []);
  const [error, set_error] = useState('');
  const undo = async ({ undo_token, handle }: KeptDeletion) => {
    try {
      await undelete(undo_token);
      drop_deletion(localStorage, undo_token);
      set_kept(kept_deletions(localStorage));
      toast(`@${handle} is back. Log in to go on.`);
    } catch (caught) {
      set_error(problem_text(as_problem(caught)));
    }
  };
  if (kept.length === 0) return null;
  return (
    <section class="deletions" aria-label="Deleted accounts">
      {kept.map((one) => (
        <div class="notice" key={one.undo_token}>
          <p>@{one.handle} is deleted. Until {moment(Date.parse(one.deletes_at))} you can take it back.</p>
          <button type="button" class="secondary" onClick={() => void undo(one)}>Take it back<span class="visually-hidden">: @{one.handle}</span></button>
        </div>
      ))}
      <FormError text={error} />
    </section>
  );
}

function Accounts({ accounts, signed_in, forget }: SignInOptions) {
  const [gone, set_gone] = useState<string[]>([]);
  const left = accounts.filter(({ account }) => !gone.includes(account.account_id));
  const log_out = async (account: Account) => {
    if (await forget(account)) set_gone((before) => [...before, account.account_id]);
  };
  if (left.length === 0) return null;
  return (
    <section class="accounts" aria-label="People on this device">
      <ul class="account-list">
        {left.map(({ account, elsewhere }) => {
          const name = account.display_name || account.handle;
          return (
            <li key={account.account_id}>
              <button type="button" class="account" onClick={() => signed_in(account)}>
                <Avatar id={account.account_id} name={name} />
                <span class="account-names">
                  <strong>Continue as <bdi>{name}</bdi></strong>
                  <small>@{account.handle}{elsewhere && ' · open in another window'}</small>
                </span>
              </button>
              <button type="button" class="text-button" onClick={() => void log_out(account)}>
                Log out<span class="visually-hidden"> {name}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="divider">or as somebody else</p>
    </section>
  );
}

function Tabs({ now, change }: { now: Tab; change: (tab: Tab) => void }) {
  const order: Tab[] = ['register', 'login'];
  const row = createRef<HTMLDivElement>();
  const key = (event: KeyboardEvent) => {
    const at = order.indexOf(now);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = order.at(next % order.length)!;
    change(tab);
    row.current?.querySelector<HTMLElement>(`#tab-${tab}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="How to begin" ref={row} onKeyDown={key}>
      {order.map((tab) => (
        <button type="button" class="tab" role="tab" key={tab} id={`tab-${tab}`} aria-selected={tab === now}
          aria-controls="sign-in-form" tabindex={tab === now ? 0 : -1} onClick={() => change(tab)}>{tab_names[tab]}</button>
      ))}
    </div>
  );
}

interface FormProps {
  action: string;
  busy: string;
  children: ComponentChildren;
  form: RefObject<HTMLFormElement | null>;
  set_errors: (errors: Errors) => void;
  // What is plainly wrong before the server is asked.
  check: () => Errors;
  submit: () => Promise<void>;
}

const field_codes: Record<string, string> = { email_taken: 'email', handle_taken: 'handle' };

function Form({ action, busy, children, form, set_errors, check, submit }: FormProps) {
  const [error, set_error] = useState('');
  const [waiting, set_waiting] = useState(false);
  const show = (errors: Errors) => {
    set_errors(errors);
    const inputs = [...form.current!.querySelectorAll('input')];
    inputs.find((input) => errors[input.name])?.focus();
  };
  const refuse = (problem: Problem) => {
    const inputs = [...form.current!.querySelectorAll('input')].map((input) => input.name);
    const code_field = field_codes[problem.code];
    const all = code_field ? [{ field: code_field, detail: problem_text(problem) }] : problem.errors;
    const placed = all.filter(({ field }) => inputs.includes(field));
    show(Object.fromEntries(placed.map(({ field, detail }) => [field, detail])));
    if (placed.length === 0) set_error(problem_text(problem));
  };
  const submitted = async (event: Event) => {
    event.preventDefault();
    if (waiting) return;
    set_error('');
    const errors = check();
    show(errors);
    if (Object.keys(errors).length > 0) return;
    set_waiting(true);
    try {
      await submit();
    } catch (caught) {
      refuse(as_problem(caught));
    }
    set_waiting(false);
  };
  return (
    <form noValidate ref={form} onSubmit={(event) => void submitted(event)}>
      {children}
      <FormError text={error} />
      <button type="submit" class="primary" disabled={waiting}>{waiting ? busy : action}</button>
    </form>
  );
}

// The fields' values live in the form, so that a password manager may fill them.
function useFields(form: RefObject<HTMLFormElement | null>) {
  const [errors, set_errors] = useState<Errors>({});
  const value = (name: string) => (form.current?.elements.namedItem(name) as HTMLInputElement | null)?.value ?? '';
  const bind = (name: string) => ({
    name,
    error: errors[name] ?? '',
    onInput: () => { if (errors[name]) set_errors(({ [name]: _, ...rest }) => rest); },
  });
  return { errors, set_errors, value, bind };
}

function LogIn({ signed_in }: SignInOptions) {
  const form = useRef<HTMLFormElement>(null);
  const { set_errors, value, bind } = useFields(form);
  const check = () => Object.fromEntries(['identifier', 'password'].filter((name) => value(name).trim() === '')
    .map((name) => [name, 'Please fill this in.']));
  const submit = async () => {
    const name = value('identifier').trim().replace(/^@/, '');
    const tokens = await api.login(name, value('password'));
    signed_in(account_of(tokens, { handle: name, display_name: '' }));
  };
  return (
    <Form action="Log in" busy="Logging in…" form={form} set_errors={set_errors} check={check} submit={submit}>
      <Field label="E-mail or handle" autocomplete="username" autocapitalize="none" spellcheck={false} required {...bind('identifier')} />
      <Field label="Password" type="password" autocomplete="current-password" required {...bind('password')} />
    </Form>
  );
}

function Register({ signed_in }: SignInOptions) {
  const form = useRef<HTMLFormElement>(null);
  const { set_errors, value, bind } = useFields(form);
  const read = () => ({
    display_name: value('display_name').trim(),
    handle: value('handle').trim().replace(/^@/, ''),
    email: value('email').trim(),
    password: value('password'),
  });
  // One key for as long as the form says the same: a lost answer does not make a second account.
  const last = useRef({ said: '', key: '' });
  const submit = async () => {
    const fields = read();
    const said = JSON.stringify(fields);
    if (said !== last.current.said) last.current = { said, key: random_id() };
    signed_in(account_of(await api.register(fields, last.current.key), fields));
  };
  return (
    <Form action="Create account" busy="Creating…" form={form} set_errors={set_errors} check={() => register_errors(read())}
      submit={submit}>
      <Field label="Your name" autocomplete="name" dir="auto" required {...bind('display_name')} />
      <Field label="Handle" hint="How others find you: 3–30 letters, digits or _" autocomplete="username" autocapitalize="none"
        spellcheck={false} required {...bind('handle')} />
      <Field label="E-mail" type="email" autocomplete="email" required {...bind('email')} />
      <Field label="Password" hint="At least 8 characters" type="password" autocomplete="new-password" required {...bind('password')} />
    </Form>
  );
}
