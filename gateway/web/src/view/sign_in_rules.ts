// What is plainly wrong with a registration, all of it at once, before the server is asked. Pure; used by sign_in.tsx.
export type Errors = Record<string, string>;

export interface Registration {
  display_name: string;
  handle: string;
  email: string;
  password: string;
}

const missing = 'Please fill this in.';
// Of the passwords that the server refuses as common, the ones that people try first.
const plain_passwords = /^(?:password|passwort|qwerty|letmein|welcome|iloveyou|12345678|87654321|11111111|00000000)\d{0,4}!?$/i;

export function register_errors({ display_name, handle, email, password }: Registration): Errors {
  const errors: Errors = {};
  if (display_name === '') errors.display_name = missing;
  if (handle === '') errors.handle = missing;
  else if (!/^[A-Za-z0-9_]{3,30}$/.test(handle)) errors.handle = '3–30 letters, digits or _, please.';
  if (email === '') errors.email = missing;
  else if (!/^[^\s@]+@[^\s@]+$/.test(email)) errors.email = 'This is not an e-mail address.';
  if (password === '') errors.password = missing;
  else if ([...password].length < 8) errors.password = 'At least 8 characters, please.';
  else if (plain_passwords.test(password)) errors.password = 'This password is too common.';
  return errors;
}
