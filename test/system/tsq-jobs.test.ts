// A troubleshooting queue full of one batch, operated on by jobs while workers work on what comes out of it: a retry aborted half-way,
// a second one for all, then a cancellation. FAULTLINE_TSQ=100000 runs it at full size and says how long everything took.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { BatchDetail, TsqGroups, TsqJobDetail, TsqJobStarted } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { QUARTER, type System, startSystem } from './lab.ts';

const COUNT = Number(process.env.FAULTLINE_TSQ ?? 3_000);
const FULL = COUNT >= 20_000;

vi.setConfig({ testTimeout: FULL ? 900_000 : 120_000, hookTimeout: 90_000 });
const LONG = { deadline_ms: FULL ? 800_000 : 100_000, every_ms: 100 };

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.dispose());

const told: string[] = [];
/** Figures of a run at full size; a run in CI shows none. */
const tell = (line: string) => void (FULL && told.push(line));

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await work();
  tell(`${what}: ${Math.round(performance.now() - began)} ms`);
  return answer;
}

async function start(verb: string, filter: object, more: object = {}): Promise<TsqJobStarted> {
  const answer = await timed(`${verb} accepted`, () =>
    system.post('/tsq/jobs', { verb, filter, actor: 'ada', reason: 'the vendor is back', ...more }),
  );
  expect(answer.status).toBe(202);
  return (await answer.json()) as TsqJobStarted;
}

const jobOf = (job_id: string) => system.read<TsqJobDetail>(`/tsq/jobs/${job_id}`);

const PAGES = ['/tsq?limit=50', '/process-batches', '/processes', '/tsq/jobs', '/tsq/groups'];

/** Reads lists, as pages do, until the job has ended; answers the job and how far it was each time one looked. */
async function watch(job_id: string): Promise<{ job: TsqJobDetail; seen: number[] }> {
  const seen: number[] = [];
  const took_ms: number[] = [];
  const job = await until(
    'the job has ended',
    async () => {
      for (const path of PAGES) {
        const began = performance.now();
        await system.read(path);
        took_ms.push(performance.now() - began);
      }
      const job = await jobOf(job_id);
      seen.push(job.done_count + job.failed_count);
      return job.status !== 'RUNNING' && job;
    },
    LONG,
  );
  const p99 = took_ms.toSorted((a, b) => a - b)[Math.floor(took_ms.length * 0.99)] ?? 0;
  tell(
    `${job.verb} of ${job.total_count}: ${Math.round(job.rate_per_second ?? 0)} items/s, p99 of ${took_ms.length} pages ${Math.round(p99)} ms`,
  );
  return { job, seen };
}

/** Of each job, what it is recorded to have done: how often, and to how many commands. */
async function recorded(): Promise<Record<string, { events: number; commands: number }>> {
  const rows = await system.sql<{ job_id: string; events: number; commands: number }>(
    `select details ->> 'job_id' as job_id, count(*)::int as events, count(distinct command_id)::int as commands
     from faultline.event where type like 'OPERATOR_%' group by 1`,
  );
  return Object.fromEntries(rows.map(({ job_id, ...counts }) => [job_id, counts]));
}

const COUNTS = ['completed', 'compensated', 'failed', 'canceled', 'waiting', 'in_troubleshooting'] as const;

/** At rest, all of the batch stands in one count. */
async function expectAll(batch_id: string, count: (typeof COUNTS)[number]): Promise<void> {
  // A batch is counted once a second: until then it shows what it was before the job.
  await until(
    'nothing is under way',
    async () => {
      const open = await system.sql(
        `select 1 from faultline.process where batch_id = $1 and status in ('WAITING_FOR_REPLY', 'COMPENSATING') limit 1`,
        [batch_id],
      );
      return open.length === 0;
    },
    LONG,
  );
  const wanted = Object.fromEntries(COUNTS.map((name) => [`${name}_count`, name === count ? COUNT : 0]));
  const batch = await until(
    `all are ${count}`,
    async () => {
      const batch = await system.batch(batch_id);
      return batch[`${count}_count`] === COUNT && (batch.completed_at ?? batch.rested_at) !== null && batch;
    },
    LONG,
  );
  expect(batch).toMatchObject(wanted satisfies Partial<Record<keyof BatchDetail, number>>);
}

test('T03: a bulk retry answers at once, shows progress, can be aborted, and leaves every count exact', async () => {
  const behavior = { query: { fail_permanent_pct: 100 } };
  const { batch_id } = await system.launch({ ...QUARTER, count: COUNT, output_type: 'csv', behavior });
  await timed('launched and parked', () => expectAll(batch_id, 'in_troubleshooting'));
  const { count, groups } = await timed('groups', () => system.read<TsqGroups>('/tsq/groups'));
  expect(count).toBe(COUNT);
  expect(groups).toMatchObject([
    { error_code: 'CHAOS_PERMANENT', injected: true, type: 'StatementQuery', count: COUNT },
  ]);
  await timed('count', () => system.read(`/tsq/count?batch_id=${batch_id}`));

  // Half of it, then no more.
  const first = await start('retry', { all: true });
  expect(first.total_count).toBe(COUNT);
  const half = await until(
    'half of it is done',
    async () => {
      const job = await jobOf(first.job_id);
      return (job.done_count >= COUNT / 2 || job.status !== 'RUNNING') && job;
    },
    LONG,
  );
  expect(half.progress).toBeGreaterThanOrEqual(0.5);
  expect(half.progress).toBeLessThanOrEqual(1);
  const aborted = await timed('aborted', () => system.post(`/tsq/jobs/${first.job_id}/abort`, { actor: 'bob' }));
  expect([200, 409]).toContain(aborted.status);
  const ended = await jobOf(first.job_id);
  if (aborted.status === 200) expect(ended).toMatchObject({ status: 'ABORTED', aborted_by: 'bob' });
  expect((await system.post(`/tsq/jobs/${first.job_id}/abort`, {})).status).toBe(409);
  expect(ended.failed_count).toBe(0);
  // What was retried fails again and comes back: the next job takes that as well.
  await expectAll(batch_id, 'in_troubleshooting');

  const second = await start('retry', { batch_id, error_code: 'CHAOS_PERMANENT' });
  const { job, seen } = await watch(second.job_id);
  expect(job).toMatchObject({
    status: 'COMPLETED',
    total_count: COUNT,
    done_count: COUNT,
    failed_count: 0,
    progress: 1,
  });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  await expectAll(batch_id, 'in_troubleshooting');

  const third = await start('cancel', { error_group: groups[0]?.error_group });
  expect((await watch(third.job_id)).job).toMatchObject({ status: 'COMPLETED', done_count: COUNT, failed_count: 0 });
  await expectAll(batch_id, 'compensated');

  const once = (commands: number) => ({ events: commands, commands });
  expect(await recorded()).toEqual({
    [first.job_id]: once(ended.done_count),
    [second.job_id]: once(COUNT),
    [third.job_id]: once(COUNT),
  });
  if (FULL) console.log([`${COUNT} items`, ...told].join('\n'));
});
