// With a long history, light checks read only the commands of the batch's own time, and the verdict still finds every orphan.

import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/pool.ts';
import { readTurbulenceSpans } from '../../src/verification/queries/recorded.ts';
import { findRuleViolations } from '../../src/verification/queries/rules.ts';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
await pool.query('alter table faultline.command set (autovacuum_enabled = off)');
await lab.work();
const batch_id = await lab.launch({ seed: 'history', count: 50, behavior: { render: { fail_permanent_pct: 30 } } });
await lab.untilRest(batch_id);
// Two years of commands, one every hour or so, of which this batch knows nothing; as old as their ids say.
await pool.query(
  `insert into faultline.command (command_id, lane, domain, type, purpose, status, attempts_limit, max_attempts, lease_ms, backoff_ms,
     available_at, created_at, settled_at, batch_id)
   select (lpad(to_hex((extract(epoch from m.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(m.n::text), 1, 3) || '8' || substr(md5(m.n::text), 1, 15))::uuid,
     0, 'history', 'Old', 'step', 'COMPLETED', 3, 3, 1000, '{1}', m.at, m.at, m.at, gen_random_uuid()
   from (select n, now() - interval '3 hours' - n * interval '1 hour' as at from generate_series(1, 20000) n) m`,
);

/** Runs statements, and records how many commands each of them reads. */
function watch(read: number[]): Tx {
  return {
    async query(text: string, values: unknown[]) {
      const { rows } = await pool.query(`explain (analyze, format json) ${text}`, values);
      read.push(countRead(rows[0]['QUERY PLAN'][0].Plan));
      return pool.query(text, values);
    },
  } as unknown as Tx;
}

interface Plan {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

function countRead(plan: Plan): number {
  const own =
    plan['Relation Name'] === 'command'
      ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
      : 0;
  return own + (plan.Plans ?? []).reduce((sum, inner) => sum + countRead(inner), 0);
}

test.each(['with no statistics', 'with fresh ones'])(
  'the light check reads only commands of the time of the batch: %s',
  async (statistics) => {
    if (statistics === 'with fresh ones') await pool.query('analyze faultline.command');
    const known = await pool.query(`select 1 from pg_stats where schemaname = 'faultline' and tablename = 'command'`);
    expect(known.rows.length > 0).toBe(statistics === 'with fresh ones');
    const { rows } = await pool.query('select count(*)::int as own from faultline.command where batch_id = $1', [
      batch_id,
    ]);
    const { own } = rows[0];
    const read: number[] = [];
    expect(await findRuleViolations(watch(read), 'one_command_per_step', batch_id, { light: true })).toEqual([]);
    expect(own).toBeGreaterThan(100);
    // The rule has two parts, each of which reads them once.
    expect(read[0]).toBeLessThanOrEqual(2 * own + 20);
    expect((await lab.verify(batch_id)).verdict).toBe('pass');
  },
);

test('finds turbulence by the index of system events', async () => {
  await pool.query(
    `insert into faultline.event (lane, at, type, process_id)
     select 0, now(), 'PROCESS_COMPENSATING', gen_random_uuid() from generate_series(1, 50000)`,
  );
  await pool.query(`insert into faultline.event (lane, at, type, batch_id, details)
    select 0, b.created_at + interval '1 ms', 'TURBULENCE', b.batch_id, '{"pause_ms": 5}' from faultline.batch b`);
  await pool.query('analyze faultline.event');
  const plans: string[] = [];
  const explaining = {
    async query(text: string, values: unknown[]) {
      plans.push(JSON.stringify((await pool.query(`explain (format json) ${text}`, values)).rows));
      return pool.query(text, values);
    },
  } as unknown as Tx;
  const [span, ...others] = await readTurbulenceSpans(explaining, batch_id);
  expect(others).toEqual([]);
  expect((span?.to_ms ?? 0) - (span?.from_ms ?? 0)).toBe(5);
  expect(plans[0]).toContain('event_system');
});

/** A command of the batch that no process lists. */
const insertUnlisted = (id: string) =>
  pool.query(
    `insert into faultline.command (command_id, lane, domain, type, purpose, status, attempts_limit, max_attempts, lease_ms, backoff_ms,
       available_at, created_at, settled_at, batch_id, step)
     select ${id}, 0, 'reporting', 'StatementQuery', 'step', 'COMPLETED', 3, 3, 1000, '{1}', now(), now(), now(), $1, 'query'`,
    [batch_id],
  );
const countLightly = async () =>
  (await findRuleViolations(pool as unknown as Tx, 'one_command_per_step', batch_id, { light: true })).length;

test('the verdict finds every command that no process lists, the light check those whose id is of about the right time', async () => {
  await insertUnlisted(`'00000000-0000-4000-8000-000000000001'::uuid`);
  expect((await lab.verify(batch_id)).failed).toEqual(['one_command_per_step']);
  expect(await countLightly()).toBe(0);
  await insertUnlisted(
    `(lpad(to_hex((extract(epoch from now() - interval '55 minutes') * 1000)::bigint), 12, '0') || '70008000000000000001')::uuid`,
  );
  expect(await countLightly()).toBe(1);
});
