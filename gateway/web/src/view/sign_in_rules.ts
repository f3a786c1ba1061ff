// What is plainly wrong with a registration, all of it at once, before the server is asked. Pure; used by sign_in.tsx.
// Its limits are the contract's: tests/web/types_agree.ts holds them against those that are generated from auth.proto.
export type Errors = Record<string, string>;

export interface Registration {
  display_name: string;
  handle: string;
  email: string;
  password: string;
}

export const limits = {
  email: { max_bytes: 254 },
  handle: { min_chars: 3, max_chars: 30, charset: 'A-Za-z0-9_' },
  password: { min_chars: 8, max_chars: 1024, max_bytes: 4096 },
  display_name: { max_chars: 64 },
} as const;

const handle_form = new RegExp(`^[${limits.handle.charset}]{${limits.handle.min_chars},${limits.handle.max_chars}}$`);
const missing = 'Please fill this in.';
// Of the passwords that the server refuses as common, the ones that people try first.
const plain_passwords = /^(?:password|passwort|qwerty|letmein|welcome|iloveyou|12345678|87654321|11111111|00000000)\d{0,4}!?$/i;

const at_most = (chars: number) => `At most ${chars} characters, please.`;

export function register_errors({ display_name, handle, email, password }: Registration): Errors {
  const errors: Errors = {};
  if (display_name === '') errors.display_name = missing;
  else if ([...display_name].length > limits.display_name.max_chars) errors.display_name = at_most(limits.display_name.max_chars);
  if (handle === '') errors.handle = missing;
  else if (!handle_form.test(handle)) errors.handle = `${limits.handle.min_chars}–${limits.handle.max_chars} letters, digits or _, please.`;
  if (email === '') errors.email = missing;
  else if (!/^[^\s@]+@[^\s@]+$/.test(email)) errors.email = 'This is not an e-mail address.';
  if (password === '') errors.password = missing;
  else if ([...password].length < limits.password.min_chars) errors.password = `At least ${limits.password.min_chars} characters, please.`;
  else if ([...password].length > limits.password.max_chars) errors.password = at_most(limits.password.max_chars);
  else if (plain_passwords.test(password)) errors.password = 'This password is too common.';
  return errors;
}
