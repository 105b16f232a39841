// The server ends every connection of Faultline once a second while two workers work: no process dies, everything ends, and the verdict
// passes. FAULTLINE_TERMINATE_S=60 lets it last longer (`npm run terminate`).

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Verdict } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from './lab.ts';

const LASTS_S = Number(process.env.FAULTLINE_TERMINATE_S ?? 12);
const EVERY_MS = 1_000;
const COUNT = 500;

vi.setConfig({ testTimeout: 240_000 + LASTS_S * 1_000, hookTimeout: 90_000 });
const LONG = { deadline_ms: 200_000, every_ms: 100 };

let system: System;

beforeAll(async () => {
  system = await startSystem({ workers: 2 });
});

afterAll(() => system.dispose());

/** Ends all sessions but that of the test; how many there were. */
async function endSessions(): Promise<number> {
  const ended = await system.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and application_name like 'faultline%'`,
  );
  return ended.length;
}

async function terminate(until_ms: number): Promise<number> {
  let ended = 0;
  for (let next_ms = performance.now(); next_ms < until_ms; next_ms += EVERY_MS) {
    await until('the next second begins', () => performance.now() >= next_ms, { every_ms: 20 });
    ended += await endSessions();
  }
  return ended;
}

/** A request whose connection is ended is answered 503: it is retried under the same key, which makes it one launch. */
async function launch(turn: number): Promise<string> {
  const body = {
    process_type: 'StatementReport',
    count: COUNT,
    from_date: '2026-01-01',
    to_date: '2026-03-31',
    output_type: 'csv',
    retry: { max_attempts: 10, backoff_ms: [100] },
  };
  return until(
    'it is launched',
    async () => {
      const answer = await system.post('/process-batches', body, { 'idempotency-key': `turn-${turn}` });
      if (answer.status === 503) return null;
      expect([answer.status, await answer.clone().text()]).toEqual([202, expect.any(String)]);
      return ((await answer.json()) as { batch_id: string }).batch_id;
    },
    LONG,
  );
}

test(`for ${LASTS_S} s every connection is ended once a second`, async () => {
  const children = system.children();
  const end_ms = performance.now() + LASTS_S * 1_000;
  const terminating = terminate(end_ms);
  const batches: string[] = [];
  do {
    const batch_id = await launch(batches.length);
    batches.push(batch_id);
    await until(
      'the batch has ended',
      async () => (await system.batch(batch_id).catch(() => null))?.status === 'COMPLETED',
      LONG,
    );
  } while (performance.now() < end_ms);
  const ended = await terminating;
  console.log(`${ended} connections ended, ${batches.length} batches of ${COUNT} completed`);
  expect(ended).toBeGreaterThan(LASTS_S);
  expect(system.children()).toEqual(children);
  for (const batch_id of batches) {
    const verdict = await until(
      'there is a verdict',
      () => system.read<Verdict>(`/process-batches/${batch_id}/verdict`),
      LONG,
    );
    const failed = verdict.checks.filter(({ status }) => status === 'fail');
    expect({ verdict: verdict.verdict, failed }).toEqual({ verdict: 'pass', failed: [] });
  }
});
