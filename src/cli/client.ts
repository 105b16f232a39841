// Talks to a running server. Promises that every failure is one line: what was refused and which field, or that nobody answers.
// Answers are trusted to follow the contract, whose types they carry.

import type { Problem } from '../http/contract.ts';
import { hidePasswords } from '../model/error-text.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { type Ask, askAgain, NoAnswerError, type Patience } from './ask-again.ts';

export interface Client {
  get<T>(path: string, query?: Record<string, string | number | boolean | undefined>): Promise<T>;
  /** For an answer that may take minutes to make. */
  await<T>(path: string, method?: 'GET' | 'POST'): Promise<T>;
  /** As get, but null for what is not there. */
  find<T>(path: string): Promise<T | null>;
  /** With a key of its own the same request may be sent again: it is done once. */
  post<T>(path: string, body?: object, options?: { idempotency_key?: string }): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  /** Nothing comes back but that it is gone. */
  remove(path: string): Promise<void>;
  /** Every item of a list, page by page. */
  list<T>(path: string, query?: Record<string, string | number | boolean | undefined>): AsyncGenerator<T>;
  /** For who waits: what only reads, or has a key, is asked again while nobody answers. */
  patient(patience?: Patience): Client;
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Its database is away, or it is: both may be back in a moment. */
const AWAY_STATUSES = new Set([502, 503, 504]);
const TIMEOUT_MS = 60_000;
const LONG_TIMEOUT_MS = 10 * 60_000;

/** `url` is the server's, without the API's prefix. */
export function createClient(url: string, ask: Ask = (request) => request()): Client {
  const base = apiBase(url);

  const read = async <T>(answer: Response): Promise<T> => {
    const text = await answer.text();
    if (!answer.ok) throw refused(answer, text, url);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };

  const get = async <T>(path: string, query: object = {}): Promise<T> => {
    const address = new URL(`${base}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    return ask(async () => read<T>(await send(address, 'GET')));
  };

  return {
    get,
    await: (path, method = 'GET') =>
      ask(async () => read(await send(new URL(`${base}${path}`), method, { timeout_ms: LONG_TIMEOUT_MS }))),
    find: <T>(path: string) =>
      ask(async () => {
        const answer = await send(new URL(`${base}${path}`), 'GET');
        return answer.status === 404 ? null : read<T>(answer);
      }),
    async post<T>(path: string, body = {}, { idempotency_key }: { idempotency_key?: string } = {}) {
      const request = async () => read<T>(await send(new URL(`${base}${path}`), 'POST', { body, idempotency_key }));
      return idempotency_key === undefined ? request() : ask(request);
    },
    put: async (path, body) => read(await send(new URL(`${base}${path}`), 'PUT', { body })),
    remove: async (path) => read(await send(new URL(`${base}${path}`), 'DELETE')),
    async *list<T>(path: string, query = {}) {
      let cursor: string | undefined;
      do {
        const page: Page<T> = await get(path, { limit: 100, ...query, cursor });
        yield* page.items;
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
    },
    patient: (patience) => createClient(url, askAgain(patience)),
  };
}

function apiBase(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError(`--url must look like http://127.0.0.1:4400, not ${url}.`, EXIT.usage);
  }
  return `${url.replace(/\/+$/, '')}/api/v1`;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface SendOptions {
  body?: object;
  idempotency_key?: string;
  timeout_ms?: number;
}

async function send(
  address: URL,
  method: Method,
  { body, idempotency_key, timeout_ms = TIMEOUT_MS }: SendOptions = {},
): Promise<Response> {
  try {
    return await fetch(address, {
      method,
      signal: AbortSignal.timeout(timeout_ms),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotency_key !== undefined && { 'idempotency-key': idempotency_key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    // An address that fetch does not take is told with all that is in it.
    const why = hidePasswords((cause as { cause?: NodeJS.ErrnoException }).cause?.code ?? (cause as Error).message);
    const message = `No Faultline answers at ${address.origin} (${why}). Start it with \`faultline start\`, or name it with --url.`;
    throw new NoAnswerError(message, cause);
  }
}

function refused(answer: Response, text: string, url: string): CliError {
  const error = refusal(answer, text, url);
  return AWAY_STATUSES.has(answer.status) ? new NoAnswerError(error.message) : error;
}

function refusal(answer: Response, text: string, url: string): CliError {
  const problem = parseProblem(text);
  if (!problem) {
    return new CliError(
      `${url} answered ${answer.status} ${answer.statusText}: is that a Faultline?`,
      EXIT.unavailable,
    );
  }
  const fields = problem.errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  const message = fields && !problem.detail.includes(fields) ? `${problem.detail} (${fields})` : problem.detail;
  const exit_code = answer.status >= 500 ? EXIT.unavailable : EXIT.refused;
  return new CliError(`${message} [${problem.code}]`, exit_code);
}

function parseProblem(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Problem;
    return typeof problem.code === 'string' && Array.isArray(problem.errors) ? problem : undefined;
  } catch {
    return undefined;
  }
}
