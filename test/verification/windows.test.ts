// A batch is verified window by window: every process once, with the documents of its window, sound or broken.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import { WINDOW, windowsOf } from '../../src/verification/batch-verifier.ts';
import { bindDefinition, planOf } from '../../src/verification/process-plan.ts';
import { verifyBatch } from '../../src/verification/verify.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

test('windows cover every ordinal once and begin at multiples of their size', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(5_000), (first_ordinal, total_count) => {
      let next = first_ordinal;
      for (const { from, to } of windowsOf({ first_ordinal, total_count })) {
        expect(from).toBe(next);
        expect(from === first_ordinal || from % WINDOW === 0).toBe(true);
        expect(Math.floor((to - 1) / WINDOW)).toBe(Math.floor(from / WINDOW));
        next = to;
      }
      expect(next).toBe(first_ordinal + total_count);
    }),
  );
});

const COUNT = 90;
const FIRST = WINDOW - 40;
const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const each = { fail_transient_pct: 15, fail_permanent_pct: 5, fail_business_rule_pct: 8 };
const batch_id = await lab.launch({
  seed: 'windows',
  count: COUNT,
  first_ordinal: FIRST,
  behavior: { query: each, aggregation: each, render: each },
});
await lab.untilRest(batch_id);
await worker.stop();

test('a sound batch passes, with the documents of every window checked', async () => {
  const progress: number[] = [];
  const verified = await lab.analysis.verify(batch_id, (count) => progress.push(count));
  expect(verified?.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  expect(verified?.checks.find(({ name }) => name === 'artifacts')?.checked).toBe(lab.documents.size);
  expect(progress).toEqual([40, COUNT]);
});

test('finds damage in every window, and documents that belong to no process', async () => {
  await pool.query(
    `update faultline.process set state = state || '{"output_type": "pdf"}' where batch_id = $1 and ordinal % 13 = 0`,
    [batch_id],
  );
  await pool.query(
    `delete from faultline.attempt a using faultline.process p
     where p.batch_id = $1 and p.ordinal in ($2::int + 34, $2::int + 68) and a.process_id = p.process_id and a.attempt = 1`,
    [batch_id, FIRST],
  );
  await pool.query(
    `delete from faultline.command c using faultline.process p
     where p.batch_id = $1 and p.ordinal = $2::int + 42 and c.process_id = p.process_id`,
    [batch_id, FIRST],
  );
  const [gone] = [...lab.documents.keys()];
  lab.documents.delete(gone as string);
  lab.documents.set('stray/1', { process_id: '01900000-0000-7000-8000-000000000000', step: 'query', batch_id });
  lab.documents.set('stray/2', { process_id: 'no id at all', step: 'query', batch_id });
  const { checks } = (await lab.analysis.verify(batch_id)) ?? { checks: [] };
  const failed = Object.fromEntries(
    checks.filter(({ status }) => status === 'fail').map(({ name, violations }) => [name, violations]),
  );
  expect(failed).toMatchObject({ state: 7, artifacts: 3, one_command_per_step: 1 });
  expect(failed.settled_once).toBeGreaterThanOrEqual(2);
});

test('a failure fails the verdict and leaves no transaction open', async () => {
  const verifying = verifyBatch({
    pool,
    batch_id,
    processesOf: (batch) => ({
      code: bindDefinition(StatementReport, batch),
      plan: planOf(StatementReport, batch.input),
      documents: () => {
        throw new Error('it cannot tell');
      },
      async *stored() {
        yield [];
      },
    }),
  });
  await expect(verifying).rejects.toThrow('it cannot tell');
  // A worker may be about, whose transactions are short.
  await until('no transaction is open', async () => {
    const { rows } = await pool.query(
      `select 1 from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
    );
    return rows.length === 0;
  });
});

test('when a replay fails, nothing more is asked of storage', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let pieces = 0;
  let ended = false;
  const verifying = verifyBatch({
    pool,
    batch_id,
    processesOf: (batch) => ({
      code: {
        ...bindDefinition(StatementReport, batch),
        deadlineOf: () => {
          throw new Error('it cannot tell');
        },
      },
      plan: planOf(StatementReport, batch.input),
      documents: () => [],
      async *stored() {
        try {
          await held;
          while (pieces < 3) yield [{ process_id: 'no id at all', step: 'query', path: `stray/${pieces++}` }];
        } finally {
          ended = true;
        }
      },
    }),
  });
  await expect(verifying).rejects.toThrow('it cannot tell');
  release();
  await until('the listing has ended', () => ended);
  expect(pieces).toBe(1);
});
