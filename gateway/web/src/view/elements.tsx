// Icons, buttons, pictures and form fields that every view is made of. Text goes in as text: nothing here parses HTML.
import type { ButtonHTMLAttributes, ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes } from 'preact';
import { useState } from 'preact/hooks';
import { gateways } from '../gateways.ts';
import type { Store } from '../store.ts';
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
  home: 'M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  chat: 'M4 5h16v11H11l-4.5 4V16H4z',
  bookmark: 'M7 4h10v16l-5-4-5 4z',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5c.6-3.9 3.6-6 7.5-6s6.9 2.1 7.5 6',
  write: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19z',
  heart: 'M12 20S4 15.2 4 9.2A4.2 4.2 0 0 1 12 7a4.2 4.2 0 0 1 8 2.2C20 15.2 12 20 12 20',
  share: 'M6 16V9.5A2.5 2.5 0 0 1 8.5 7H15M12.5 4L16 7l-3.5 3M18 8v6.5a2.5 2.5 0 0 1-2.5 2.5H9M11.5 14L8 17l3.5 3',
  comment: 'M12 4.5c4.7 0 8.5 3.1 8.5 7s-3.8 7-8.5 7c-1 0-2-.1-2.9-.4L4.5 20l1-3.8c-1.3-1.3-2-2.9-2-4.7 0-3.9 3.8-7 8.5-7',
  smile: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M9 10h.01M15 10h.01M8.5 14c1.8 2.7 5.2 2.7 7 0',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  globe: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M4 12h16M12 4c-5 5-5 11 0 16M12 4c5 5 5 11 0 16',
  at: 'M15.5 12a3.5 3.5 0 1 0-7 0 3.5 3.5 0 0 0 7 0v1.2a2.3 2.3 0 0 0 4.5 0V12a8 8 0 1 0-3.2 6.4',
  hash: 'M9.5 4l-2 16M16.5 4l-2 16M5 9h15M4 15h15',
  poll: 'M5 20V11M12 20V4M19 20v-6',
  pin: 'M9 4h6l-1 6 4 3v2H6v-2l4-3zM12 15v6',
  mute: 'M4 10v4h3.5L12 18V6L7.5 10zM16 10l4 4M20 10l-4 4',
  quote: 'M5 17v-5a5 5 0 0 1 4-5M5 12h5v5H5zM14 17v-5a5 5 0 0 1 4-5M14 12h5v5h-5z',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.2h.01',
  eye: 'M3 12c3-5 6-6.5 9-6.5s6 1.5 9 6.5c-3 5-6 6.5-9 6.5S6 17 3 12M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3L12 6.3M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  clip: 'M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17a1.7 1.7 0 0 1-2.4-2.4L15 7',
  forward: 'M9 5l7 7-7 7',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8.5 5v14M15.5 5v14',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  save: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  sound: 'M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0M9 18V5l11-2v13M20 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0',
  live: 'M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3M8 8a5.7 5.7 0 0 0 0 8M16 8a5.7 5.7 0 0 1 0 8M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14',
  mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21',
  history: 'M4 12a8 8 0 1 1 2.3 5.6M4 12l-1.5-2.5M4 12l2.5-1.5M12 8v4.5l3 1.5',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4M9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4',
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return <svg viewBox="0 0 24 24" class={`icon icon-${name}`} aria-hidden="true"><path d={paths[name]} /></svg>;
}

let ids = 0;

// An element's id that no other element of any root has: dialogs have roots of their own, which useId does not know of.
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

// A person's picture, or the initials on the person's colour.
export function Avatar({ id, name, size = '', url = null }: { id: string; name: string; size?: string; url?: string | null }) {
  if (url) return <img class={`avatar ${size}`} src={gateways.address(url)} alt="" loading="lazy" />;
  return <span class={`avatar hue-${hue_of(id)} ${size}`} aria-hidden="true">{initials(name)}</span>;
}

// Of a person who is known by the account alone.
export function PersonAvatar({ store, id, name, size = '' }: { store: Store; id: string; name: string; size?: string }) {
  return <Avatar id={id} name={name} size={size} url={id === store.me.account_id ? store.me.avatar_url ?? null : store.people.picture(id)} />;
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

// A choice among a few, with its label.
export function Choice<T extends string>({ label, value, options, change, hint = '' }: {
  label: string; value: T; options: [T, string][]; change: (value: T) => void; hint?: string;
}) {
  const id = useElementId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} aria-describedby={`${id}-note`} onChange={(event) => change(event.currentTarget.value as T)}>
        {options.map(([one, text]) => <option key={one} value={one}>{text}</option>)}
      </select>
      <span class="field-note" id={`${id}-note`}>{hint}</span>
    </div>
  );
}

// A line with a box to tick.
export function Tick({ label, hint = '', checked, change, disabled = false }: {
  label: string; hint?: string; checked: boolean; change: (checked: boolean) => void; disabled?: boolean;
}) {
  return (
    <label class="tick">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => change(event.currentTarget.checked)} />
      <span><span class="tick-label">{label}</span>{hint && <small>{hint}</small>}</span>
    </label>
  );
}

// A person's words about what went wrong; empty, it takes no room.
export function FormError({ text }: { text: string }) {
  return <p class="form-error" role="alert">{text}</p>;
}
