// A conversation's details: its members, its title, adding, leaving, blocking. Used by chat_pane.ts.
import type { ConversationState } from '../conversation.ts';
import { as_problem, problem_text } from '../problem.ts';
import type { Store } from '../store.ts';
import { field, h, icon, open_dialog, set_text, toast, type IconName } from './dom.ts';
import { add_people_dialog, person_row } from './new_chat.ts';

export function details_dialog(store: Store, conversation: ConversationState, gone: () => void): void {
  const me = store.me.account_id;
  const body = h('div', { class: 'dialog-body' });
  const error = h('p', { class: 'form-error', role: 'alert' });
  const close = open_dialog(conversation.name(me), body);
  const attempt = (work: Promise<unknown>, done: () => void) => {
    set_text(error, '');
    work.then(done, (caught: unknown) => set_text(error, problem_text(as_problem(caught))));
  };
  if (conversation.kind === 'direct') {
    const partner = conversation.partner(me);
    if (partner) body.append(person_row(partner, null), block_buttons(store, partner.account_id, attempt, close));
    body.append(error);
    return;
  }
  const own = conversation.members.get(me);
  const admin = own?.role === 'owner' || own?.role === 'admin';
  if (admin) body.append(title_form(store, conversation, attempt, close));
  const members = h('ul', { class: 'member-list', 'aria-label': 'Members' });
  for (const member of conversation.members.values()) {
    const role = member.role === 'member' ? '' : member.role;
    members.append(h('li', {}, person_row(member, h('span', { class: 'role' }, member.account_id === me ? `you${role ? `, ${role}` : ''}` : role))));
  }
  const unlisted = conversation.member_count - conversation.members.size;
  if (unlisted > 0) members.append(h('li', { class: 'unlisted' }, `and ${unlisted} more`));
  body.append(members);
  if (admin) {
    body.append(action('plus', 'Add people', () => { close(); add_people_dialog(store, conversation.id); }));
  }
  body.append(action('leave', 'Leave the conversation', () => attempt(
    store.api.remove_member(conversation.id, me), () => { close(); store.forget(conversation.id); gone(); }), 'danger'));
  body.append(error);
}

type Attempt = (work: Promise<unknown>, done: () => void) => void;

function block_buttons(store: Store, account_id: string, attempt: Attempt, close: () => void): HTMLElement {
  const set = (blocked: boolean) => attempt(store.api.set_blocked(account_id, blocked), () => {
    close();
    toast(blocked ? 'Blocked. Neither of you can write to the other.' : 'No longer blocked.');
  });
  return h('div', { class: 'actions' }, action('block', 'Block', () => set(true), 'danger'),
    action('check', 'Take a block back', () => set(false)));
}

function title_form(
  store: Store, conversation: ConversationState, attempt: Attempt, close: () => void,
): HTMLElement {
  const title = field('Name', { name: 'title', maxlength: 100, autocomplete: 'off' });
  title.input.value = conversation.title ?? '';
  const form = h('form', { class: 'title-form' }, title.row, h('button', { type: 'submit' }, 'Rename'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = title.input.value.trim();
    if (wanted === '') title.set_error('Please name the group.');
    else attempt(store.api.rename(conversation.id, wanted).then(() => store.refresh(conversation.id)), close);
  });
  return form;
}

function action(name: IconName, label: string, onclick: () => void, kind = ''): HTMLElement {
  return h('button', { type: 'button', class: `action ${kind}`, onclick }, icon(name), label);
}
