// Reads the audit page by page, for its tests.

import { expect } from 'vitest';
import type { openLab } from './lab.ts';

type Lab = Awaited<ReturnType<typeof openLab>>;

export interface ReadEvent {
  at: string;
  type: string;
  attempt: number | null;
  fault: string | null;
  step: string | null;
  details: Record<string, unknown>;
  command_id: string | null;
  process_id: string | null;
  batch_id: string | null;
  batch_kind: 'process' | 'command' | null;
}

/** The whole audit of a query, read in pages of `limit`. */
export async function readAudit({ get }: Lab, query: string, limit = 100): Promise<ReadEvent[]> {
  const events: ReadEvent[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer = await get(`/audit?${query}&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(answer.statusCode, answer.body).toBe(200);
    const page = answer.json();
    expect(page.items.length).toBeLessThanOrEqual(limit);
    events.push(...page.items);
    cursor = page.next_cursor;
  }
  return events;
}

export const typesOf = (events: ReadEvent[]) => events.map((event) => event.type);
