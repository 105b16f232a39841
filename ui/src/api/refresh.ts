// How often the pages poll, in ms. A page in a hidden tab does not poll (the query client's default).

import { problemFrom } from './client.ts';

export const REFRESH = {
  /** Figures that change while the reader watches. */
  live_ms: 2_000,
  /** The progress of something that takes seconds. */
  progress_ms: 500,
  /** Lists, and what others may change. */
  list_ms: 5_000,
} as const;

/** Polls every `ms`, until the server refuses the request (4xx). */
export function unlessRefused(ms: number, error: unknown): number | false {
  const { status } = problemFrom(error);
  return error !== null && status >= 400 && status < 500 ? false : ms;
}

/** Retries of a query that got no response or a server error. */
export const MAX_RETRIES = 2;
