// Icons, buttons, pictures and form fields that every view is made of. Text goes in as text: nothing here parses HTML.
import type { ButtonHTMLAttributes, ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes } from 'preact';
import { useState } from 'preact/hooks';
import { hue_of, initials } from './avatar_rules.ts';

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-5.5 16-3-6.5z',
  plus: 'M12 5v14M5 12h14',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.5 3.5 0 0 1 0 6.4M18 14.5c2.2.8 3.5 2.8 3.5 5.5',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 1.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2 12.5l4.5 4.5L16 7.5M12 16.5l.6.5L22 7.5',
  alert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v5M12 16h.01',
  reply: 'M10 7L5 12l5 5M5 12h8c3.5 0 6 2 6 6',
  edit: 'M5 19l1-4L16 5l3 3L9 18z',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8h.01',
  leave: 'M14 5H6v14h8M11 12h9M17 9l3 3-3 3',
  swap: 'M4 9h14M14 5l4 4-4 4M20 16H6M10 12l-4 4 4 4',
  down: 'M12 5v14M6 13l6 6 6-6',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M20 20l-4.5-4.5',
  block: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M6.5 6.5l11 11',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4M9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4',
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return <svg viewBox="0 0 24 24" class={`icon icon-${name}`} aria-hidden="true"><path d={paths[name]} /></svg>;
}

let ids = 0;

// An element's id that no other has, whichever root draws it: dialogs have roots of their own, which useId does not know of.
export function useElementId(): string {
  const [id] = useState(() => {
    ids += 1;
    return `e${ids}`;
  });
  return id;
}

interface ButtonProps extends Omit<ButtonHTMLAttributes, 'name' | 'label'> {
  name: IconName;
  label: string;
  tabindex?: number;
}

export function IconButton({ name, label, class: kind = '', ...rest }: ButtonProps) {
  return (
    <button type="button" class={`icon-button ${String(kind)}`} aria-label={label} title={label} {...rest}>
      <Icon name={name} />
    </button>
  );
}

// A line of a dialog that does something.
export function Action({ name, label, kind = '', onClick }: {
  name: IconName; label: string; kind?: string; onClick: () => void;
}) {
  return <button type="button" class={`action ${kind}`} onClick={onClick}><Icon name={name} />{label}</button>;
}

export function Avatar({ id, name, size = '' }: { id: string; name: string; size?: string }) {
  return <span class={`avatar hue-${hue_of(id)} ${size}`} aria-hidden="true">{initials(name)}</span>;
}

export function Person({ person, children }: {
  person: { account_id: string; handle: string; display_name: string }; children?: ComponentChildren;
}) {
  const name = person.display_name || person.handle;
  return (
    <div class="person">
      <Avatar id={person.account_id} name={name} />
      <span class="person-names"><strong><bdi>{name}</bdi></strong><small>@{person.handle}</small></span>
      {children}
    </div>
  );
}

interface FieldProps extends Omit<PartialInputHTMLAttributes<HTMLInputElement>, 'name' | 'label' | 'role'> {
  label: string;
  name: string;
  hint?: string;
  // Takes the hint's place, and marks the field.
  error?: string;
}

export function Field({ label, hint = '', error = '', ...rest }: FieldProps) {
  const id = useElementId();
  return (
    <div class={`field${error ? ' wrong' : ''}`}>
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={`${id}-note`} aria-invalid={error ? 'true' : undefined}
        {...rest as InputHTMLAttributes<HTMLInputElement>} />
      <span class="field-note" id={`${id}-note`}>{error || hint}</span>
    </div>
  );
}

// A person's words about what went wrong; empty, it takes no room.
export function FormError({ text }: { text: string }) {
  return <p class="form-error" role="alert">{text}</p>;
}
