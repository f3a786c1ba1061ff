// Runs what a person asked for and says what went wrong in a notice. Used by the views of posts and people.
import { as_problem, problem_text } from '../problem.ts';
import { toast } from './overlay.tsx';

export async function attempt(work: Promise<unknown>, done = ''): Promise<boolean> {
  try {
    await work;
  } catch (error) {
    toast(problem_text(as_problem(error)));
    return false;
  }
  if (done) toast(done);
  return true;
}

export function copy_text(text: string): void {
  const refused = () => toast('The browser did not allow copying.');
  if (!navigator.clipboard) refused();
  else navigator.clipboard.writeText(text).then(() => toast('Copied.'), refused);
}

export const link_to = (address: string): string => `${location.origin}/${address}`;
