// The timeout fault: a lease really lost, marked and counted, its late result refused, no slot held and no process kept alive.

import { createEnv, silentLogger } from 'faultline';
import { expect, test } from 'vitest';
import type { OutgoingCommand } from '../../src/bus/handlers.ts';
import { timeoutFault } from '../../src/chaos/faults/timeout.ts';
import { until } from '../support/until.ts';
import { openLab, work } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const policy = { max_attempts: 2, backoff_ms: [0], lease_ms: 500 };
const hanging = (fields: Partial<OutgoingCommand> = {}) => work({ timeout_pct: 100 }, { policy, ...fields });

async function statusOf({ command_id }: OutgoingCommand): Promise<unknown> {
  const { rows } = await pool.query('select status from faultline.command where command_id = $1', [command_id]);
  return rows[0]?.status;
}

test('loses its lease, is marked, redelivered and exhausted, and leaves its late results discarded', async () => {
  const worker = await lab.work();
  const command = hanging();
  await lab.send(command);
  await until('it hangs and is marked', async () => {
    const { rows } = await pool.query(`select fault, attempts from faultline.command where status = 'IN_PROGRESS'`);
    return rows[0]?.fault === 'timeout';
  });
  await until('it is parked', async () => (await statusOf(command)) === 'IN_TROUBLESHOOTING_QUEUE');

  const { rows: attempts } = await pool.query(
    `select attempt, outcome, effect, error_code, fault, reason, ended_at - started_at >= interval '500 ms' as whole_lease
     from faultline.attempt where command_id = $1 order by attempt`,
    [command.command_id],
  );
  const each = { outcome: 'lease_expired', error_code: 'TIMED_OUT', fault: 'timeout', whole_lease: true };
  expect(attempts).toEqual([
    { attempt: 1, ...each, effect: 'RETRY', reason: null },
    { attempt: 2, ...each, effect: 'TSQ', reason: 'EXHAUSTED' },
  ]);
  // An injected timeout is a failure like others, no innocent interruption.
  const { rows } = await pool.query(
    'select attempts_limit, interruptions, error_code, fault from faultline.command where command_id = $1',
    [command.command_id],
  );
  expect(rows).toEqual([{ attempts_limit: 2, interruptions: 0, error_code: 'TIMED_OUT', fault: 'timeout' }]);

  const discarded = await until('both late results came and were refused', async () => {
    const { rows: events } = await pool.query(
      `select attempt, details from faultline.event where command_id = $1 and type = 'LATE_RESULT_DISCARDED' order by attempt`,
      [command.command_id],
    );
    return events.length === 2 && events;
  });
  expect(discarded.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(await statusOf(command)).toBe('IN_TROUBLESHOOTING_QUEUE');
  expect(lab.handled.has(command.command_id)).toBe(false);
  await worker.stop();
});

test('holds no slot: a worker of one slot works on while forty attempts hang', async () => {
  const worker = await lab.work({ slots: 1 });
  const long = { max_attempts: 1, backoff_ms: [0], lease_ms: 600_000 };
  const forty = Array.from({ length: 40 }, () => hanging({ policy: long, priority: 1 }));
  const behind = work(null);
  await lab.send(...forty, behind);
  await until('the command behind them is done', async () => (await statusOf(behind)) === 'COMPLETED');
  const { rows } = await pool.query(
    `select count(*) as hanging from faultline.command
     where command_id = any($1) and status = 'IN_PROGRESS' and fault = 'timeout'`,
    [forty.map(({ command_id }) => command_id)],
  );
  expect(rows).toEqual([{ hanging: 40 }]);

  // Nor do they hold up a worker that stops, nor are they given back: their leases have to run out.
  await worker.stop();
  const { rows: after } = await pool.query(
    `select count(*) as hanging from faultline.command where command_id = any($1) and status = 'IN_PROGRESS'`,
    [forty.map(({ command_id }) => command_id)],
  );
  expect(after).toEqual([{ hanging: 40 }]);
});

test('keeps no process alive', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const env = createEnv(silentLogger);
  let abandoned = false;
  const attempt = {
    command: { ...work(null), lease_ms: 600_000 },
    abandonLease: () => {
      abandoned = true;
    },
  };
  void timeoutFault.inject({ attempt, env } as unknown as Parameters<typeof timeoutFault.inject>[0]);
  expect(abandoned).toBe(true);
  expect(timers()).toBe(before);
});
