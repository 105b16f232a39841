// Talks to a running server. Promises that every failure is one line: what was refused and which field, or that nobody answers.
// Answers are trusted to follow the contract, whose types they carry.

import type { Problem } from '../http/contract.ts';
import { CliError, EXIT } from './exit.ts';

export interface Client {
  get<T>(path: string, query?: Record<string, string | number | boolean | undefined>): Promise<T>;
  /** For an answer that may take minutes to make. */
  await<T>(path: string, method?: 'GET' | 'POST'): Promise<T>;
  /** As get, but null for what is not there. */
  find<T>(path: string): Promise<T | null>;
  post<T>(path: string, body?: object): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  /** Nothing comes back but that it is gone. */
  remove(path: string): Promise<void>;
  /** Every item of a list, page by page. */
  list<T>(path: string, query?: Record<string, string | number | boolean | undefined>): AsyncGenerator<T>;
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

const TIMEOUT_MS = 60_000;
const LONG_TIMEOUT_MS = 10 * 60_000;

/** `url` is the server's, without the API's prefix. */
export function createClient(url: string): Client {
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
    return read(await send(address, 'GET'));
  };

  return {
    get,
    await: async (path, method = 'GET') =>
      read(await send(new URL(`${base}${path}`), method, { timeout_ms: LONG_TIMEOUT_MS })),
    async find<T>(path: string) {
      const answer = await send(new URL(`${base}${path}`), 'GET');
      return answer.status === 404 ? null : read<T>(answer);
    },
    post: async (path, body = {}) => read(await send(new URL(`${base}${path}`), 'POST', { body })),
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
  };
}

function apiBase(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError(`--url must look like http://127.0.0.1:4400, not ${url}.`, EXIT.usage);
  }
  return `${url.replace(/\/+$/, '')}/api/v1`;
}

async function send(
  address: URL,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  { body, timeout_ms = TIMEOUT_MS }: { body?: object; timeout_ms?: number } = {},
): Promise<Response> {
  try {
    return await fetch(address, {
      method,
      signal: AbortSignal.timeout(timeout_ms),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (cause) {
    const why = (cause as { cause?: NodeJS.ErrnoException }).cause?.code ?? (cause as Error).message;
    const message = `No Faultline answers at ${address.origin} (${why}). Start it with \`faultline start\`, or name it with --url.`;
    throw new CliError(message, EXIT.unavailable, cause);
  }
}

function refused(answer: Response, text: string, url: string): CliError {
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
