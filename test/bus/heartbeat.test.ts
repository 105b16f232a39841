// Leases: kept while a handler works and the database is there, and when one is lost the handler is told.

import { expect, test } from 'vitest';
import type { Handler } from '../../src/bus/handlers.ts';
import { until } from '../support/until.ts';
import { command, commands, heldHandler, type Lab, openLab, openTerminableLab, policy } from './lab.ts';

/** Sends one command to a worker and waits until it runs. */
async function runOne(lab: Lab, calls: ReturnType<typeof heldHandler>['calls'], lease_ms: number) {
  const [id = ''] = await lab.send(command(policy({ lease_ms })));
  await lab.work();
  const call = await until('it runs', () => calls[0]);
  return { id, call };
}

function reasonOf(signal: AbortSignal): Promise<string> {
  return until('it is told to stop', () => signal.aborted && (signal.reason as Error).message);
}

test('a handler that takes longer than its lease keeps it', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  const { id, call } = await runOne(lab, calls, 3_000);
  await until('two leases have passed', async () => {
    const rows = await lab.rows(
      `select 1 from faultline.command where lease_expires_at > attempt_started_at + 2 * lease_ms * interval '1 millisecond'`,
    );
    return rows.length === 1;
  });
  expect(call.signal.aborted).toBe(false);
  call.end('after all');
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(await lab.attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
});

test.each([
  ['another claim has it', `claim_id = gen_random_uuid()`],
  ['it was cancelled', `status = 'CANCELED', lease_expires_at = null`],
  ['its lease was ended', `lease_expires_at = now()`],
])('the handler of a command that was taken away is told: %s', async (_how, change) => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  const { call } = await runOne(lab, calls, 900);
  const takeAway = () => lab.rows(`update faultline.command set ${change} where worker_id is not null`);
  // More than once: a renewal that began before it was taken away may give it back.
  await until('it is told to stop', async () => {
    await takeAway();
    return call.signal.aborted;
  });
  expect(await reasonOf(call.signal)).toBe('The lease was lost.');
});

test('a row that someone has locked is passed over, and no one is told to stop', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  const lease_ms = 6_000;
  const [locked = '', free = ''] = await lab.send(...commands(2, policy({ lease_ms })));
  await lab.work();
  await until('both run', () => calls.length === 2);
  const renewed = async (id: string) => {
    const row = await lab.commandOf(id);
    return Number(row.lease_expires_at) > Number(row.attempt_started_at) + lease_ms;
  };
  const other = await lab.pool.connect();
  try {
    await other.query('begin');
    await other.query('select 1 from faultline.command where command_id = $1 for update', [locked]);
    await until('the free one is renewed', () => renewed(free));
    expect(await renewed(locked)).toBe(false);
    await other.query('rollback');
  } finally {
    other.release();
  }
  await until('the locked one is renewed', () => renewed(locked));
  expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  for (const call of calls) call.end();
  await until('both are done', async () => {
    const rows = await lab.rows(`select 1 from faultline.command where status = 'COMPLETED'`);
    return rows.length === 2;
  });
});

test.each([
  ['refuses connections', 'down'],
  ['does not answer', 'silence'],
] as const)('a database that %s for longer than the lease: the handler is told', async (_how, cut) => {
  const { calls, handler } = heldHandler();
  const { lab, network } = await openTerminableLab({ handler });
  const { id, call } = await runOne(lab, calls, 1_500);
  network[cut]();
  expect(await reasonOf(call.signal)).toBe('The lease expired.');
  network.up();
  call.end('too late');
  const again = await until('it is delivered again', () => calls[1]);
  again.end('in time');
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(await lab.commandOf(id)).toMatchObject({ result: 'in time', attempts: 2 });
  const told = await until('the late result was refused', async () => {
    const events = await lab.eventsOf(id);
    return events.length > 0 && events;
  });
  expect(told).toMatchObject([{ type: 'LATE_RESULT_DISCARDED', attempt: 1 }]);
});

test('an attempt that fails because it was told to stop is an interruption, not a failure', async () => {
  let skew_ms = 0;
  const stopped: Handler<unknown> = (_payload, { signal, command }) =>
    command.attempts > 1
      ? 'done'
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const lab = await openLab({ handler: stopped, env: { monotonicMs: () => performance.now() + skew_ms } });
  const [id = ''] = await lab.send(command(policy({ max_attempts: 1 })));
  // The worker believes that its lease is over while the database does not: their clocks start apart by a round trip.
  const other = await lab.pool.connect();
  try {
    await lab.work();
    await until('it runs', async () => (await lab.commandOf(id)).status === 'IN_PROGRESS');
    await other.query('begin');
    await other.query('select 1 from faultline.command where command_id = $1 for update', [id]);
    const settling = lab.hold('before_settle');
    skew_ms = 3_600_000;
    await settling.reached;
    await other.query('rollback');
    settling.release();
  } finally {
    other.release();
  }
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(await lab.attemptsOf(id)).toMatchObject([
    { attempt: 1, outcome: 'released', effect: 'RELEASED', error_code: null },
    { attempt: 2, outcome: 'success' },
  ]);
});
