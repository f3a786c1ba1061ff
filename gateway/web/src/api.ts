// The HTTP half of the contract: used by the sign-in view, the token keeper and the store.
import { gateways } from './gateways.ts';
import type { Media } from './media_types.ts';
import { offline_problem, Problem } from './problem.ts';
import type {
  Conversation, Member, Message, Page, Profile, ProblemDocument, SessionInfo, Tokens,
} from './types.ts';

const answer_limit_ms = 20_000;
// Of a refresh: the second try (tokens.ts) begins within 5 s, while the server still gives the successor of the same token.
const refresh_limit_ms = 4_000;

// Carried out twice, it is as if carried out once.
const repeatable = (method: string, headers: Record<string, string>): boolean =>
  method === 'GET' || method === 'PUT' || 'idempotency-key' in headers;

// A status outside 2xx is a Problem, no answer within the limit is `offline`. Without an answer, what may be carried out twice (`again`) is
// asked once more at the next gateway, if there is one.
export async function request<T>(
  method: string, path: string, body?: unknown, headers: Record<string, string> = {}, again = repeatable(method, headers),
  limit_ms = answer_limit_ms,
): Promise<T> {
  const gateway = gateways.current;
  try {
    return await request_once<T>(method, path, body, headers, limit_ms);
  } catch (error) {
    if (!again || !(error instanceof Problem) || error.code !== 'offline' || gateways.current === gateway) throw error;
  }
  return request_once<T>(method, path, body, headers, limit_ms);
}

async function request_once<T>(
  method: string, path: string, body: unknown, headers: Record<string, string>, limit_ms: number,
): Promise<T> {
  const gateway = gateways.current;
  const all: Record<string, string> = { accept: 'application/json', ...headers };
  if (body !== undefined) all['content-type'] = 'application/json';
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(gateways.address(path), {
      method,
      headers: all,
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(limit_ms),
    });
    text = await answer.text();
  } catch {
    gateways.failed(gateway);
    throw offline_problem();
  }
  if (answer.ok) return (text ? JSON.parse(text) : undefined) as T;
  throw problem_of(answer, text);
}

function problem_of(answer: Response, text: string): Problem {
  let document: ProblemDocument = {};
  try {
    document = JSON.parse(text) as ProblemDocument;
  } catch {
    document = { title: answer.statusText };
  }
  document.status ??= answer.status;
  document.code ??= answer.status === 503 ? 'unavailable' : 'internal';
  return new Problem(document);
}

export const register = (
  fields: { email: string; handle: string; password: string; display_name: string }, key: string,
): Promise<Tokens> => request('POST', '/v1/auth/register', fields, { 'idempotency-key': key });

export const login = (identifier: string, password: string): Promise<Tokens> =>
  request('POST', '/v1/auth/login', { identifier, password });

// The same token gives the same successor until that one is used.
export const refresh = (refresh_token: string): Promise<Tokens> =>
  request('POST', '/v1/auth/refresh', { refresh_token }, {}, true, refresh_limit_ms);

export const logout = (refresh_token: string): Promise<void> =>
  request('POST', '/v1/auth/logout', { refresh_token });

export function page_query(limit: number, cursor?: string): string {
  return `limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
}

// What gives out access tokens (tokens.ts).
export interface AccessTokens {
  access(): Promise<string>;
  renew(refused: string): Promise<string>;
}

// Calls that carry the caller's access token; one that was refused is renewed once.
export class Api {
  private readonly tokens_: AccessTokens;

  constructor(tokens: AccessTokens) {
    this.tokens_ = tokens;
  }

  // A token; another one than `refused`, if given.
  token(refused?: string): Promise<string> {
    return refused === undefined ? this.tokens_.access() : this.tokens_.renew(refused);
  }

  media(media_id: string): Promise<Media> {
    return this.call('GET', `/v1/media/${media_id}`);
  }

  describe_media(media_id: string, alt: string): Promise<Media> {
    return this.call('PATCH', `/v1/media/${media_id}`, { alt: alt || null });
  }

  me(): Promise<Profile> {
    return this.call('GET', '/v1/users/me');
  }

  update_me(fields: { display_name: string; bio: string }): Promise<Profile> {
    return this.call('PATCH', '/v1/users/me', fields);
  }

  // Ends all other sessions of the account.
  change_password(old_password: string, new_password: string): Promise<void> {
    return this.call('POST', '/v1/auth/password', { old_password, new_password });
  }

  sessions(limit: number, cursor?: string): Promise<Page<SessionInfo>> {
    return this.call('GET', `/v1/auth/sessions?${page_query(limit, cursor)}`);
  }

  end_session(session_id: string): Promise<void> {
    return this.call('DELETE', `/v1/auth/sessions/${session_id}`);
  }

  profile(account_id: string): Promise<Profile> {
    return this.call('GET', `/v1/users/${account_id}`);
  }

  by_handle(handle: string): Promise<Profile> {
    return this.call('GET', `/v1/users/by-handle/${encodeURIComponent(handle)}`);
  }

  set_blocked(account_id: string, blocked: boolean): Promise<void> {
    return this.call(blocked ? 'PUT' : 'DELETE', `/v1/users/${account_id}/block`);
  }

  conversations(limit: number, cursor?: string): Promise<Page<Conversation>> {
    return this.call('GET', `/v1/conversations?${page_query(limit, cursor)}`);
  }

  conversation(id: string): Promise<Conversation> {
    return this.call('GET', `/v1/conversations/${id}`);
  }

  create(
    body: { kind: string; member_ids: string[]; title?: string }, key: string,
  ): Promise<Conversation> {
    return this.call('POST', '/v1/conversations', body, { 'idempotency-key': key });
  }

  rename(id: string, title: string): Promise<Conversation> {
    return this.call('PATCH', `/v1/conversations/${id}`, { title });
  }

  add_members(id: string, member_ids: string[], key: string): Promise<void> {
    return this.call('POST', `/v1/conversations/${id}/members`, { member_ids },
      { 'idempotency-key': key });
  }

  set_role(id: string, account_id: string, role: string): Promise<Member> {
    return this.call('PATCH', `/v1/conversations/${id}/members/${account_id}`, { role });
  }

  remove_member(id: string, account_id: string): Promise<void> {
    return this.call('DELETE', `/v1/conversations/${id}/members/${account_id}`);
  }

  history(
    id: string, range: { before_seq?: number; after_seq?: number; limit: number },
  ): Promise<Page<Message>> {
    const query = Object.entries(range).map(([name, value]) => `${name}=${value}`).join('&');
    return this.call('GET', `/v1/conversations/${id}/messages?${query}`);
  }

  // Any call of the contract. Renews the access token once.
  async call<T>(
    method: string, path: string, body?: unknown, headers: Record<string, string> = {},
  ): Promise<T> {
    const token = await this.tokens_.access();
    try {
      return await request<T>(method, path, body, { ...headers, authorization: `Bearer ${token}` });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      const fresh = await this.tokens_.renew(token);
      return request<T>(method, path, body, { ...headers, authorization: `Bearer ${fresh}` });
    }
  }
}
