// Brings one file to the server: small ones in one request, others by tus, which goes on where it broke off. Used by uploads.ts.
import type { Api } from './api.ts';
import { gateways } from './gateways.ts';
import { kind_of, type Media, type Purpose } from './media_types.ts';
import { offline_problem, Problem } from './problem.ts';
import type { ProblemDocument } from './types.ts';

// Up to here a file is sent in one request.
export const at_once_bytes = 1_048_576;
// Waits between attempts of a tus upload that breaks off.
const retry_delays_ms = [0, 1_000, 3_000, 5_000, 10_000, 20_000];
const unknown_type = 'application/octet-stream';

export interface Sending {
  purpose: Purpose;
  // From 0 to 1.
  progress: (part: number) => void;
  signal: AbortSignal;
}

export type SendFile = (file: File, sending: Sending) => Promise<Media>;

export function problem_of_text(status: number, text: string): Problem {
  let document: ProblemDocument = {};
  try {
    document = JSON.parse(text) as ProblemDocument;
  } catch {
    // Not from Nova itself.
  }
  return new Problem({ code: status === 413 ? 'payload_too_large' : 'internal', ...document, status });
}

interface Answer {
  status: number;
  text: string;
}

// A request whose body's progress is told: fetch cannot.
function post(path: string, token: string, file: File, { progress, signal }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const gateway = gateways.current;
    const request = new XMLHttpRequest();
    request.open('POST', gateways.address(path));
    request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('content-type', file.type.split(';')[0] || unknown_type);
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => {
      gateways.failed(gateway);
      reject(offline_problem());
    };
    request.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

async function send_at_once(api: Api, file: File, sending: Sending): Promise<Media> {
  const path = `/v1/media?purpose=${sending.purpose}&filename=${encodeURIComponent(file.name)}`;
  const token = await api.token();
  let answer = await post(path, token, file, sending);
  if (answer.status === 401) answer = await post(path, await api.token(token), file, sending);
  if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text) as Media;
  throw problem_of_text(answer.status, answer.text);
}

// The address of an upload is the same at each gateway, but for its origin.
const at_gateway = (address: string): string => gateways.address(new URL(address, location.origin).pathname);

// The address of an upload that broke off is kept in this browser under the account's name, so that a reload goes on with it.
const memory_of = (account_id: string) => `nova.upload.${account_id}.`;

export function forget_uploads(storage: Storage, account_id: string): void {
  for (const key of Object.keys(storage)) if (key.includes(memory_of(account_id))) storage.removeItem(key);
}

async function send_resumable(api: Api, account_id: string, file: File, { purpose, progress, signal }: Sending): Promise<Media> {
  const { Upload, DetailedError } = await import('tus-js-client');
  const media_id = await new Promise<string>((resolve, reject) => {
    let gateway = gateways.current;
    const upload = new Upload(file, {
      endpoint: gateways.address('/v1/uploads'),
      retryDelays: retry_delays_ms,
      removeFingerprintOnSuccess: true,
      fingerprint: () => Promise.resolve([memory_of(account_id), purpose, file.name, file.type, file.size, file.lastModified].join('.')),
      metadata: { filename: file.name, filetype: file.type.split(';')[0] || unknown_type, purpose },
      onBeforeRequest: async (request) => { request.setHeader('authorization', `Bearer ${await api.token()}`); },
      // Without an answer it goes on at the next gateway; with one, as the library has it: not after a 4xx but 409 and 423.
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        if (status === 0) gateways.failed(gateway);
        gateway = gateways.current;
        upload.options.endpoint = gateways.address('/v1/uploads');
        if (upload.url) upload.url = at_gateway(upload.url);
        return navigator.onLine && (status < 400 || status >= 500 || status === 409 || status === 423);
      },
      onProgress: (sent, total) => progress(total ? sent / total : 0),
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('Upload-Media-Id') ?? ''),
      onError: (error) => {
        const answer = error instanceof DetailedError ? error.originalResponse : null;
        reject(answer ? problem_of_text(answer.getStatus(), answer.getBody()) : offline_problem());
      },
    });
    // Cancelled: the server forgets what it has.
    signal.addEventListener('abort', () => {
      upload.abort(true).catch(() => {});
      reject(signal.reason);
    }, { once: true });
    const start = async () => {
      const [before] = await upload.findPreviousUploads();
      if (before?.uploadUrl) upload.resumeFromPreviousUpload({ ...before, uploadUrl: at_gateway(before.uploadUrl) });
      if (!signal.aborted) upload.start();
    };
    start().catch(reject);
  });
  try {
    return await api.media(media_id);
  } catch (error) {
    // The bytes are there: they are not sent again because an answer was lost. The medium is read when it is shown.
    if (!(error instanceof Problem) || !error.retryable) throw error;
    return { media_id, state: 'processing', kind: kind_of(file.type), content_type: file.type, size: file.size, variants: {}, url: '' };
  }
}

export const sender = (api: Api, account_id: string): SendFile => (file, sending) => (file.size <= at_once_bytes
  ? send_at_once(api, file, sending) : send_resumable(api, account_id, file, sending));
