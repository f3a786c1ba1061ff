// Finding people by handle: a dialog for one person, a dialog for a group. Used by shell.ts and details.ts.
import { as_problem, problem_text } from '../problem.ts';
import { random_id } from '../random_id.ts';
import type { Store } from '../store.ts';
import type { Profile } from '../types.ts';
import { avatar, field, h, icon_button, open_dialog, set_text } from './dom.ts';

export function new_chat_dialog(store: Store, open: (id: string) => void): void {
  const handle = handle_field('Handle', 'For example: ada');
  const found = h('div', { class: 'found', 'aria-live': 'polite' });
  const form = h('form', { class: 'dialog-body' }, handle.row,
    h('button', { type: 'submit', class: 'primary' }, 'Find'), found);
  const close = open_dialog('New chat', form);
  const start = async (profile: Profile) => {
    try {
      const conversation = await store.start_direct(profile.account_id);
      close();
      open(conversation.id);
    } catch (error) {
      handle.set_error(problem_text(as_problem(error)));
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    found.replaceChildren();
    void find(store, handle).then((profile) => {
      if (!profile) return;
      const button = h('button', { type: 'button', class: 'primary', onclick: () => void start(profile) }, 'Message');
      found.replaceChildren(person_row(profile, button));
      button.focus();
    });
  });
  handle.input.focus();
}

export function new_group_dialog(store: Store, open: (id: string) => void): void {
  const title = field('Name of the group', { name: 'title', maxlength: 100, autocomplete: 'off' });
  const picker = people_picker(store);
  const error = h('p', { class: 'form-error', role: 'alert' });
  const key = random_id();
  const button = h('button', { type: 'submit', class: 'primary' }, 'Create group');
  const form = h('form', { class: 'dialog-body' }, title.row, picker.root, error, button);
  const close = open_dialog('New group', form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (title.input.value.trim() === '') {
      title.set_error('Please name the group.');
      title.input.focus();
      return;
    }
    button.disabled = true;
    void picker.finish().then(async (people) => {
      if (!people) return;
      if (people.length === 0) {
        set_text(error, 'Please add at least one person.');
        return;
      }
      const ids = people.map((profile) => profile.account_id);
      const conversation = await store.start_group(title.input.value.trim(), ids, key);
      close();
      open(conversation.id);
    }).catch((caught: unknown) => set_text(error, problem_text(as_problem(caught))))
      .finally(() => { button.disabled = false; });
  });
  title.input.focus();
}

// Adds people to a group that exists.
export function add_people_dialog(store: Store, conversation_id: string): void {
  const picker = people_picker(store);
  const error = h('p', { class: 'form-error', role: 'alert' });
  const form = h('form', { class: 'dialog-body' }, picker.root, error,
    h('button', { type: 'submit', class: 'primary' }, 'Add to the group'));
  const close = open_dialog('Add people', form);
  const key = random_id();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void picker.finish().then(async (people) => {
      if (!people || people.length === 0) return;
      await store.api.add_members(conversation_id, people.map((profile) => profile.account_id), key);
      await store.refresh(conversation_id);
      close();
    }).catch((caught: unknown) => set_text(error, problem_text(as_problem(caught))));
  });
  picker.focus();
}

interface Picker {
  root: HTMLElement;
  focus: () => void;
  // What is chosen, after what is still in the field was looked up; null when that failed.
  finish: () => Promise<Profile[] | null>;
}

function people_picker(store: Store): Picker {
  const chosen = new Map<string, Profile>();
  const chips = h('ul', { class: 'chips', 'aria-label': 'Members' });
  const handle = handle_field('Add people by handle', 'Enter adds the person');
  const draw = () => {
    chips.replaceChildren(...[...chosen.values()].map((profile) => h('li', { class: 'chip' },
      avatar(profile.account_id, profile.display_name || profile.handle, 'tiny'), `@${profile.handle}`,
      icon_button('close', `Remove ${profile.handle}`, () => { chosen.delete(profile.account_id); draw(); }))));
  };
  const add = async () => {
    const profile = await find(store, handle);
    if (!profile) return false;
    chosen.set(profile.account_id, profile);
    handle.input.value = '';
    draw();
    return true;
  };
  handle.input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ',') return;
    if (handle.input.value.trim() === '' && event.key === 'Enter') return;
    event.preventDefault();
    void add();
  });
  return {
    root: h('div', { class: 'picker' }, chips, handle.row),
    focus: () => handle.input.focus(),
    finish: async () => {
      if (handle.input.value.trim() !== '' && !await add()) return null;
      return [...chosen.values()];
    },
  };
}

type HandleField = ReturnType<typeof field>;

function handle_field(label: string, hint: string): HandleField {
  return field(label, {
    name: 'handle', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 31,
  }, hint);
}

async function find(store: Store, handle: HandleField): Promise<Profile | null> {
  const wanted = handle.input.value.trim().replace(/^@/, '');
  if (!/^[A-Za-z0-9_]{3,30}$/.test(wanted)) {
    handle.set_error('A handle has 3–30 letters, digits or _.');
    return null;
  }
  try {
    const profile = await store.api.by_handle(wanted);
    if (profile.account_id !== store.me.account_id) return profile;
    handle.set_error('That is you.');
  } catch (error) {
    const problem = as_problem(error);
    handle.set_error(problem.code === 'not_found' ? `Nobody here is called @${wanted}.` : problem_text(problem));
  }
  handle.input.focus();
  return null;
}

export function person_row(profile: Pick<Profile, 'account_id' | 'handle' | 'display_name'>, action: Node | null): HTMLElement {
  const name = profile.display_name || profile.handle;
  return h('div', { class: 'person' }, avatar(profile.account_id, name),
    h('span', { class: 'person-names' }, h('strong', {}, name), h('small', {}, `@${profile.handle}`)), action);
}
