// Polling intervals in ms. A page in a hidden tab does not poll (the query client's default).

import { keepPreviousData } from '@tanstack/react-query';
import { problemFrom } from './client.ts';

export const REFRESH = {
  /** Figures that change all the time. */
  live_ms: 2_000,
  /** The progress of something that takes seconds. */
  progress_ms: 500,
  /** Lists, and what other operators may change. */
  list_ms: 5_000,
} as const;

/** Query options of a list: refreshed, with the previous rows shown until the new ones arrive. */
export const LISTED = { placeholderData: keepPreviousData, refetchInterval: REFRESH.list_ms } as const;

/** Polls until the server answers with a client error, such as 404, which repeating does not change. */
export function unlessRefused(ms: number, error: unknown): number | false {
  const { status } = problemFrom(error);
  return error !== null && status >= 400 && status < 500 ? false : ms;
}

/** For queries without an answer or with a server error; others are not retried. */
export const MAX_RETRIES = 2;
