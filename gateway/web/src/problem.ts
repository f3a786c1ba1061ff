// Errors as values that a person can read: made by the HTTP and the WebSocket side, shown by the views.
import type { ProblemDocument } from './types.ts';

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly retry_after_s: number;
  readonly errors: { field: string; detail: string }[];

  constructor(document: ProblemDocument) {
    super(document.detail || document.title || 'The request failed.');
    this.code = document.code ?? 'internal';
    this.status = document.status ?? 0;
    this.detail = document.detail ?? '';
    this.retry_after_s = document.retry_after_s ?? 0;
    this.errors = document.errors ?? [];
  }

  // The same request may succeed later without being altered.
  get retryable(): boolean {
    return retryable_codes.has(this.code);
  }
}

const retryable_codes = new Set([
  'rate_limited', 'locked_out', 'unavailable', 'overloaded', 'deadline_exceeded', 'offline',
]);

// No answer came: the network, or a server that is away.
export function offline_problem(): Problem {
  return new Problem({ code: 'offline', status: 0, title: 'Nova cannot be reached.' });
}

export function as_problem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ code: 'internal', detail: error instanceof Error ? error.message : String(error) });
}

const texts: Record<string, string> = {
  unauthenticated: 'You are signed out. Please log in again.',
  token_expired: 'You were away for long. Please log in again.',
  refresh_reused: 'This session was ended for your safety. Please log in again.',
  invalid_credentials: 'That name and password do not match.',
  forbidden: 'You are not allowed to do that.',
  blocked: 'You cannot write to each other: one of you has blocked the other.',
  not_found: 'It is not here (any more).',
  email_taken: 'There is an account with this e-mail address already.',
  handle_taken: 'This handle is taken. Please choose another.',
  client_id_reused: 'This message was sent before with another text.',
  payload_too_large: 'That is too large to send.',
  quota_exceeded: 'There is no room left for it. Delete posts or messages with files that are not needed any more.',
  unsupported_media_type: 'Nova does not take files of this kind.',
  unreadable_media: 'The file cannot be read.',
  unavailable: 'Nova is not available at the moment. Please try again shortly.',
  overloaded: 'Nova is very busy. Please try again shortly.',
  deadline_exceeded: 'That took too long. Please try again.',
  offline: 'Nova cannot be reached. Check the connection and try again.',
  internal: 'Something went wrong on our side. Please try again.',
};

function wait_text(seconds: number): string {
  if (seconds <= 0) return 'in a moment';
  if (seconds < 90) return `in ${seconds} second${seconds === 1 ? '' : 's'}`;
  return `in ${Math.ceil(seconds / 60)} minutes`;
}

// One sentence for a person.
export function problem_text(problem: Problem): string {
  if (problem.code === 'locked_out') {
    return `Too many attempts for this name. Try again ${wait_text(problem.retry_after_s)}.`;
  }
  if (problem.code === 'rate_limited') {
    return `That was a little fast. Try again ${wait_text(problem.retry_after_s)}.`;
  }
  const known = texts[problem.code];
  if (known) return known;
  const first = problem.errors[0];
  if (first) return `${sentence(first.field.replaceAll('_', ' '))}: ${first.detail}`;
  return problem.message;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
