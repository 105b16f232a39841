// The one way to the API: JSON over fetch; every failure is an ApiError with the problem document.
// Its `code` is stable, also when the server did not respond (UNREACHABLE).

import type { Problem } from '../../../src/http/contract.ts';

const BASE = '/api/v1';

class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends one request and returns the parsed response. @throws ApiError */
export async function request<Answer>(address: string, options: RequestOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(apiUrl(address), {
      method: options.method ?? 'GET',
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(problemOf(0, 'UNREACHABLE', 'Faultline does not respond', 'The service could not be reached.'));
  }
  if (!response.ok) throw new ApiError(await readProblem(response));
  // 204 has no body.
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

/** The function of a query that reads `address`. */
export function read<Answer>(address: string, query: object = {}) {
  return ({ signal }: { signal: AbortSignal }) => request<Answer>(withQuery(address, query), { signal });
}

export function post<Answer>(address: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
  return request<Answer>(address, { method: 'POST', body, ...(headers && { headers }) });
}

/** Creates something; the same key with the same body returns the same response, however often it is sent. */
export function postOnce<Answer>(address: string, body: unknown, idempotencyKey: string): Promise<Answer> {
  return post<Answer>(address, body, { 'idempotency-key': idempotencyKey });
}

/** An address with its parameters encoded: path`/commands/${id}/cancel`. */
export function path(parts: TemplateStringsArray, ...ids: string[]): string {
  return String.raw({ raw: parts }, ...ids.map(encodeURIComponent));
}

export function apiUrl(address: string): string {
  return `${BASE}${address}`;
}

/** Appends the parameters that have a value. */
export function withQuery(address: string, query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return parameters.size === 0 ? address : `${address}?${parameters}`;
}

/** What went wrong, whatever was thrown. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return problemOf(0, 'PAGE_ERROR', 'The page itself failed', message);
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback = problemOf(
    response.status,
    `HTTP_${response.status}`,
    response.statusText || `HTTP ${response.status}`,
    `The server answered ${response.status}.`,
  );
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...body, errors: body.errors ?? [] };
  } catch {
    return fallback;
  }
}

function problemOf(status: number, code: string, title: string, detail: string): Problem {
  return { type: 'about:blank', title, status, code, detail, errors: [] };
}
