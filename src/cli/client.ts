// The client of a running server. Every failure is a one-line CliError: the server's error, or that nothing answers.
// It does not validate answers: the server follows the contract.

import type { Command } from 'commander';
import type { Page, Problem } from '../http/contract.ts';
import { hidePasswords } from '../model/error-text.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { jsonOption, urlOption } from './options.ts';
import { remark } from './print.ts';
import { RETRY_LIMITS, type RetryLimits, retryUnavailable, UnavailableError } from './retry-unavailable.ts';

type Query = Record<string, string | number | boolean | undefined>;

interface RequestOptions {
  query?: Query;
  body?: object;
  idempotency_key?: string;
  timeout_ms?: number;
}

/** The server or its database is unavailable, perhaps for a moment. */
const UNAVAILABLE_STATUSES = [502, 503, 504];
const TIMEOUT_MS = 60_000;
/** For answers that take minutes to compute. */
export const LONG_TIMEOUT_MS = 10 * 60_000;

/** Adds `--url` and `--json`; the verb exits with what `run` returns for a client, the arguments and the flags. */
export function onServer<Given extends unknown[]>(
  command: Command,
  run: (client: Client, ...given: Given) => Promise<ExitCode>,
): Command {
  return command
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (...given) => {
      const { url } = given.at(-2) as { url: string };
      process.exitCode = await run(new Client(url), ...(given.slice(0, -1) as Given));
    });
}

export class Client {
  readonly #url: string;
  readonly #retry: RetryLimits | null;

  /**
   * `url` is the server's, without the API's prefix. `retry`: repeat what may be repeated while the server is
   * unavailable.
   */
  constructor(url: string, retry: RetryLimits | null = null) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new CliError(`--url must look like http://127.0.0.1:4400, not ${url}.`, EXIT.usage);
    }
    this.#url = url.replace(/\/+$/, '');
    this.#retry = retry;
  }

  /** The same client, but reads and requests with a key are repeated while the server is unavailable. */
  retrying(limits = RETRY_LIMITS): Client {
    return new Client(this.#url, limits);
  }

  get<T>(path: string, query?: Query, timeout_ms?: number): Promise<T> {
    return this.#repeat(() => this.#request('GET', path, { query, timeout_ms }));
  }

  /** An idempotency key lets the same request be sent again and take effect once. */
  post<T>(path: string, body: object = {}, idempotency_key?: string): Promise<T> {
    const request = () => this.#request<T>('POST', path, { body, idempotency_key });
    return idempotency_key === undefined ? request() : this.#repeat(request);
  }

  /** Has something computed that may be computed again. */
  compute<T>(path: string): Promise<T> {
    return this.#repeat(() => this.#request('POST', path, { timeout_ms: LONG_TIMEOUT_MS }));
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.#request('PUT', path, { body });
  }

  remove(path: string): Promise<void> {
    return this.#request('DELETE', path);
  }

  /** Every item of a list, page by page. */
  async *list<T>(path: string, query: Query = {}): AsyncGenerator<T> {
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.get(path, { limit: 100, ...query, cursor });
      yield* page.items;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  #repeat<T>(request: () => Promise<T>): Promise<T> {
    if (this.#retry === null) return request();
    return retryUnavailable(
      request,
      ({ message }, { give_up_ms }) => remark(`${message} Retrying for up to ${Math.ceil(give_up_ms / 1_000)} s.`),
      this.#retry,
    );
  }

  async #request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { query = {}, body, idempotency_key, timeout_ms = TIMEOUT_MS } = options;
    const address = new URL(`${this.#url}/api/v1${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    let answer: Response;
    try {
      answer = await fetch(address, {
        method,
        signal: AbortSignal.timeout(timeout_ms),
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(idempotency_key !== undefined && { 'idempotency-key': idempotency_key }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      // The error of an address that fetch refuses repeats it, password included.
      const why = hidePasswords((cause as { cause?: NodeJS.ErrnoException }).cause?.code ?? (cause as Error).message);
      const message = `No Faultline answers at ${address.origin} (${why}). Start it with \`faultline start\`, or name it with --url.`;
      throw new UnavailableError(message, cause);
    }
    const text = await answer.text();
    if (!answer.ok) throw toError(answer, text, this.#url);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function toError({ status, statusText }: Response, text: string, url: string): CliError {
  const problem = parseProblem(text);
  const message = problem
    ? `${withFields(problem)} [${problem.code}]`
    : `${url} answered ${status} ${statusText}: is that a Faultline?`;
  if (UNAVAILABLE_STATUSES.includes(status)) return new UnavailableError(message);
  return new CliError(message, problem && status < 500 ? EXIT.refused : EXIT.unavailable);
}

function withFields({ detail, errors }: Problem): string {
  const fields = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  return fields && !detail.includes(fields) ? `${detail} (${fields})` : detail;
}

function parseProblem(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Problem;
    return typeof problem.code === 'string' && Array.isArray(problem.errors) ? problem : undefined;
  } catch {
    return undefined;
  }
}
