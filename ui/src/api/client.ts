// Requests to the API: JSON over fetch. Every failure is an ApiError with a problem document and a stable code,
// also when there was no answer (UNREACHABLE).

import type { Problem } from '../../../src/http/contract.ts';

const BASE = '/api/v1';

/** One page of a list; `next_cursor` is null on the last one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** @throws ApiError */
export async function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method: options.method ?? 'GET',
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(problemOf(0, 'UNREACHABLE', 'Faultline does not answer', 'The service could not be reached.'));
  }
  if (!response.ok) throw new ApiError(await readProblem(response));
  // 204 has no body.
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

export function apiUrl(path: string): string {
  return `${BASE}${path}`;
}

/** A path of encoded segments: `pathTo('commands', id)`. */
export function pathTo(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

/** Appends the parameters that have a value. */
export function withQuery(path: string, query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/** The query function of a GET. */
export function get<Answer>(path: string, query: object = {}) {
  return ({ signal }: { signal: AbortSignal }) => request<Answer>(withQuery(path, query), { signal });
}

/** Sending the same key with the same body again gives the same answer. */
export function post<Answer = unknown>(path: string, body?: unknown, idempotencyKey?: string): Promise<Answer> {
  const headers = idempotencyKey === undefined ? undefined : { 'idempotency-key': idempotencyKey };
  return request<Answer>(path, { method: 'POST', body, headers });
}

/** The problem document of any error. */
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
