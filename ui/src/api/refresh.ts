// How often the pages ask again: one place for all polling, in ms.
// A page in a hidden tab does not ask at all (the query client's own default).

import { problemFrom } from './client.ts';

export const REFRESH = {
  /** Figures that move while one looks at them. */
  live_ms: 2_000,
  /** A bar of something that takes seconds. */
  progress_ms: 500,
  /** Lists, and what others may have changed. */
  list_ms: 5_000,
} as const;

/** Asks again after `ms`, until the server has said that it will never know (404) or understand (422). */
export function unlessRefused(ms: number, error: unknown): number | false {
  const { status } = problemFrom(error);
  return error !== null && status >= 400 && status < 500 ? false : ms;
}

/** A query is tried again by itself only where that can help: no answer, or the server's own trouble. */
export const MAX_RETRIES = 2;
