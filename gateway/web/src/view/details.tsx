// A conversation's details: its members and their roles, its title, adding, leaving, blocking. Used by chat_pane.tsx.
import { useEffect, useState } from 'preact/hooks';
import type { ConversationState } from '../conversation.ts';
import { as_problem, problem_text } from '../problem.ts';
import { profile_address } from '../routes.ts';
import type { Store } from '../store.ts';
import type { Member } from '../types.ts';
import { Action, Field, FormError, IconButton, Person } from './elements.tsx';
import { add_people_dialog } from './new_chat.tsx';
import { confirm, open_dialog, toast } from './overlay.tsx';

interface Props {
  store: Store;
  conversation: ConversationState;
  close: () => void;
}

export function details_dialog(store: Store, conversation: ConversationState, gone: () => void): void {
  open_dialog(() => conversation.name(store.me.account_id), (close) => (
    <div class="dialog-body">
      {conversation.kind === 'direct'
        ? <DirectDetails store={store} conversation={conversation} close={close} />
        : <GroupDetails store={store} conversation={conversation} close={close} gone={gone} />}
    </div>
  ));
}

// Runs something and keeps what went wrong, for a line in the dialog.
function useAttempt(): [string, (work: Promise<unknown>, done?: () => void) => void] {
  const [error, set_error] = useState('');
  const attempt = (work: Promise<unknown>, done = () => {}) => {
    set_error('');
    work.then(done, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  };
  return [error, attempt];
}

function DirectDetails({ store, conversation, close }: Props) {
  const partner = conversation.partner(store.me.account_id);
  const [error, attempt] = useAttempt();
  const [blocked, set_blocked] = useState<boolean | null>(null);
  const partner_id = partner?.account_id ?? '';
  const { api } = store.social;
  useEffect(() => {
    if (partner_id) api.profile_of(partner_id).then((profile) => set_blocked(profile.relation?.blocking ?? false), () => set_blocked(false));
  }, [partner_id]);
  if (!partner) return <p>There is nobody else in this conversation.</p>;
  const name = partner.display_name || partner.handle;
  const refused = store.outbox.of(conversation.id).some((entry) => entry.problem?.code === 'blocked');
  const unblock = () => attempt(api.block(partner_id, false), () => { close(); toast(`${name} is no longer blocked.`); });
  const block = async () => {
    const text = 'Neither of you can write to the other until you take it back.';
    if (!await confirm({ title: `Block ${name}?`, text, yes: 'Block', danger: true })) return;
    attempt(api.block(partner_id, true), () => { close(); toast(`${name} is blocked. Neither of you can write to the other.`); });
  };
  return (
    <>
      <a class="person-link" href={profile_address(partner.handle)} onClick={close}><Person person={partner} /></a>
      {blocked && <p class="notice" role="status">You have blocked {name}. Neither of you can write to the other.</p>}
      {blocked !== null && (
        <div class="actions">
          {!blocked && <Action name="block" label="Block" kind="danger" onClick={() => void block()} />}
          {(blocked || refused) && <Action name="check" label="Unblock" onClick={unblock} />}
        </div>
      )}
      <FormError text={error} />
    </>
  );
}

function GroupDetails({ store, conversation, close, gone }: Props & { gone: () => void }) {
  const me = store.me.account_id;
  const [error, attempt] = useAttempt();
  const own = conversation.members.get(me);
  const admin = own?.role === 'owner' || own?.role === 'admin';
  const members = [...conversation.members.values()];
  const unlisted = conversation.member_count - members.length;
  const reread = () => store.refresh(conversation.id);
  const leave = async () => {
    const title = `Leave ${conversation.name(me)}?`;
    const text = 'You no longer get its messages. Somebody inside can add you again.';
    if (!await confirm({ title, text, yes: 'Leave', danger: true })) return;
    attempt(store.api.remove_member(conversation.id, me), () => { close(); store.forget(conversation.id); gone(); });
  };
  const remove = async (member: Member) => {
    const name = member.display_name || member.handle;
    const text = 'They no longer get the messages. They can be added again.';
    if (!await confirm({ title: `Remove ${name}?`, text, yes: 'Remove', danger: true })) return;
    attempt(store.api.remove_member(conversation.id, member.account_id).then(reread));
  };
  const set_role = async (member: Member, role: string) => {
    const name = member.display_name || member.handle;
    const text = 'The owner can do everything in the conversation, and there is one owner.';
    if (role === 'owner' && !await confirm({ title: `Make ${name} the owner?`, text, yes: 'Make owner', danger: true })) return;
    attempt(store.api.set_role(conversation.id, member.account_id, role).finally(reread));
  };
  return (
    <>
      {admin && <TitleForm store={store} conversation={conversation} close={close} />}
      <ul class="member-list" aria-label="Members">
        {members.map((member) => (
          <li key={member.account_id}>
            <Person person={member}>
              <MemberControls member={member} me={me} own_role={own?.role ?? ''} remove={remove} set_role={set_role} />
            </Person>
          </li>
        ))}
        {unlisted > 0 && <li class="unlisted">and {unlisted} more</li>}
      </ul>
      <div class="actions">
        {admin && <Action name="plus" label="Add people" onClick={() => { close(); add_people_dialog(store, conversation.id); }} />}
        <Action name="leave" label="Leave the conversation" kind="danger" onClick={() => void leave()} />
      </div>
      <FormError text={error} />
    </>
  );
}

interface ControlProps {
  member: Member;
  me: string;
  own_role: string;
  remove: (member: Member) => Promise<void>;
  set_role: (member: Member, role: string) => Promise<void>;
}

// The owner gives roles; owner and admins remove who stands below them. The server decides in the end.
function MemberControls({ member, me, own_role, remove, set_role }: ControlProps) {
  const name = member.display_name || member.handle;
  const role = member.role === 'member' ? '' : member.role;
  if (member.account_id === me) return <span class="role">{role ? `you, ${role}` : 'you'}</span>;
  const below = own_role === 'owner' || (own_role === 'admin' && member.role === 'member');
  return (
    <>
      {own_role === 'owner' ? (
        <select class="role-choice" aria-label={`Role of ${name}`} value={member.role}
          onChange={(event) => {
            const wanted = event.currentTarget.value;
            event.currentTarget.value = member.role;
            void set_role(member, wanted);
          }}>
          {['member', 'admin', 'owner'].map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      ) : <span class="role">{role}</span>}
      {below && <IconButton name="trash" label={`Remove ${name}`} onClick={() => void remove(member)} />}
    </>
  );
}

function TitleForm({ store, conversation, close }: Props) {
  const [title, set_title] = useState(conversation.title ?? '');
  const [error, set_error] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '') {
      set_error('Please name the group.');
      return;
    }
    store.api.rename(conversation.id, wanted).then(() => store.refresh(conversation.id))
      .then(close, (caught: unknown) => set_error(problem_text(as_problem(caught))));
  };
  return (
    <form class="title-form" onSubmit={submit}>
      <Field label="Name" name="title" maxLength={100} autocomplete="off" dir="auto" value={title} error={error}
        onInput={(event) => { set_title(event.currentTarget.value); set_error(''); }} />
      <button type="submit" class="secondary">Rename</button>
    </form>
  );
}
