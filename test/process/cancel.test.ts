// Cancelling a batch: what was never attempted is cancelled, what was begun runs out, and no process is ever lost from the counts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cancelCommand, completeCommand } from '../../src/bus/troubleshooting.ts';
import type { Env } from '../../src/model/env.ts';
import {
  BusinessRuleError,
  NotFoundError,
  PermanentCommandError,
  TransientCommandError,
  WrongStateError,
} from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { TERMINAL_BATCH_STATUSES, TERMINAL_PROCESS_STATUSES } from '../../src/model/process.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { launchCommands } from '../../src/process/launch-commands.ts';
import { signal, until } from '../support/until.ts';
import { chain, type Lab, openLab, type Script } from './lab.ts';

let broken = false;
const trip = chain(['book', 'pay', 'mail'], {
  code: (place, key) => {
    if (broken && place === 'onReply' && key === 'pay') throw new Error('oops');
  },
});
const lab = await openLab({ processes: [trip] });
const laned = await openLab({ processes: [trip], lanes: 3 });
const operator = { actor: 'ann', reason: 'Enough.' };
let stops: { stop(): Promise<void> }[] = [];

beforeEach(() => {
  for (const where of [lab, laned]) where.onProbe = () => {};
});
afterEach(async () => {
  for (const where of [lab, laned]) where.onProbe = () => {};
  await Promise.all(stops.map((worker) => worker.stop()));
  stops = [];
});

async function work(where: Lab, options: Parameters<Lab['work']>[0] = {}) {
  stops.push(await where.work(options));
}

/** Looks at the batch, as the finisher wrote it and as it is, until it has ended: nothing may ever be missing. */
async function watch(where: Lab, batch_id: string) {
  let looks = 0;
  const ended = await until(
    'the batch has ended',
    async () => {
      looks++;
      const { rows } = await where.pool.query(
        `select b.*, (select count(*)::int from faultline.process p where p.batch_id = b.batch_id) as processes
         from faultline.batch b where b.batch_id = $1`,
        [batch_id],
      );
      const batch = rows[0];
      const counted = [
        'completed_count',
        'compensated_count',
        'failed_count',
        'canceled_count',
        'waiting_count',
        'in_troubleshooting_count',
      ].reduce((sum, column) => sum + batch[column], 0);
      const not_created = batch.total_count - batch.created_count;
      expect.soft(not_created + counted, `conservation at look ${looks}`).toBe(batch.total_count);
      expect.soft(not_created, `never negative, look ${looks}`).toBeGreaterThanOrEqual(0);
      expect.soft(batch.processes).toBeGreaterThanOrEqual(batch.created_count);
      return TERMINAL_BATCH_STATUSES.includes(batch.status) && batch;
    },
    { deadline_ms: 20_000, every_ms: 5 },
  );
  expect(ended).toMatchObject({ waiting_count: 0, in_troubleshooting_count: 0, created_count: ended.processes });
  return ended;
}

/** Nothing of the batch is left to do, and each process tells one story. */
async function expectSettled(where: Lab, batch_id: string) {
  // The job that cancelled the batch is settled after it.
  await until('nothing is left to do', async () => {
    const { rows } = await where.pool.query(
      `select c.purpose, c.status, count(*)::int as count from faultline.command c
       where c.batch_id = $1 and c.status not in ('COMPLETED', 'FAILED', 'CANCELED') group by 1, 2`,
      [batch_id],
    );
    return rows.length === 0;
  });
  const { rows: stories } = await where.pool.query(
    `select p.status, p.error_code, c.status as last_command, c.attempts = 0 as untouched, count(*)::int as count
     from faultline.process p join faultline.command c on c.command_id = p.command_ids[cardinality(p.command_ids)]
     where p.batch_id = $1 group by 1, 2, 3, 4 order by 1`,
    [batch_id],
  );
  expect(stories.every(({ status }) => (TERMINAL_PROCESS_STATUSES as readonly string[]).includes(status))).toBe(true);
  return stories;
}

const eventTypes = async (where: Lab, batch_id: string) =>
  (await where.events({ batch_id })).map(({ type }) => type).filter((type) => type.startsWith('BATCH_'));

describe.each([
  ['one lane', lab],
  ['three lanes', laned],
])('on %s', (_, where) => {
  test('during creation: chunks not sent are cancelled, what is there is cancelled, the rest is never created', async () => {
    const inside = signal('a chunk is being written');
    const release = signal('it may commit');
    where.onProbe = async (point, context) => {
      if (point !== 'in_chunk' || (context as { from: number }).from < 2000) return;
      inside.fire();
      await release.promise;
    };
    const batch_id = await where.launch(trip, { count: 7500 });
    await work(where, { domains: ['faultline'] });
    await inside.promise;
    const canceling = cancelBatch(where.bus, batch_id, operator);
    await until('the cancellation waits for the chunk under way', async () => {
      const { rows } = await where.pool.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%CANCELING%' and datname = current_database()`,
      );
      return rows.length === 1;
    });
    release.fire();
    expect(await canceling).toEqual({ batch_id, status: 'CANCELING' });
    const ended = await watch(where, batch_id);
    expect(ended.status).toBe('CANCELED');
    expect(ended.created_count).toBeGreaterThanOrEqual(2000);
    // The two chunks under way at the most: those to come did not slip in while the cancellation waited.
    expect(ended.created_count).toBeLessThanOrEqual(4000);
    expect(ended.canceled_count).toBe(ended.created_count);
    expect(await expectSettled(where, batch_id)).toEqual([
      {
        status: 'CANCELED',
        error_code: 'BATCH_CANCELED',
        last_command: 'CANCELED',
        untouched: true,
        count: ended.created_count,
      },
    ]);
    expect(await eventTypes(where, batch_id)).toEqual(['BATCH_STARTED', 'BATCH_CANCEL_REQUESTED', 'BATCH_COMPLETED']);
  });

  test('during processing: what was begun runs out, what was never attempted is cancelled and undoes nothing', async () => {
    const begun = signal('ten are under way');
    const release = signal('they may go on');
    let under_way = 0;
    const script: Script = async ({ key, attempt }) => {
      if (key !== 'book' || attempt > 1) return;
      if (++under_way === 10) begun.fire();
      await release.promise;
    };
    const batch_id = await where.launch(trip, { count: 300, script });
    await work(where, { slots: 10 });
    await begun.promise;
    await cancelBatch(where.bus, batch_id, operator);
    await until('the others are cancelled', async () => {
      const rows = await where.processes(batch_id);
      return rows.filter(({ status }) => status === 'CANCELED').length === 290;
    });
    expect((await where.batch(batch_id)).status).toBe('CANCELING');
    release.fire();
    const ended = await watch(where, batch_id);
    expect(ended).toMatchObject({ status: 'CANCELED', completed_count: 10, canceled_count: 290, compensated_count: 0 });
    expect(
      (await expectSettled(where, batch_id)).map(({ status, untouched, count }) => [status, untouched, count]),
    ).toEqual([
      ['CANCELED', true, 290],
      ['COMPLETED', false, 10],
    ]);
    const { rows } = await where.pool.query(
      `select count(*)::int as count from faultline.command where batch_id = $1 and purpose = 'compensation'`,
      [batch_id],
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  test('while workers take what they can: each process is cancelled untouched, or runs to its end', async () => {
    const enough = signal('some are done');
    let done = 0;
    const script: Script = ({ key }) => {
      if (key === 'mail' && ++done === 50) enough.fire();
    };
    const batch_id = await where.launch(trip, { count: 3000, script });
    await work(where);
    await work(where);
    await enough.promise;
    await cancelBatch(where.bus, batch_id, operator);
    const ended = await watch(where, batch_id);
    expect(ended.status).toBe('CANCELED');
    expect(ended.completed_count + ended.canceled_count).toBe(ended.created_count);
    for (const { status, untouched } of await expectSettled(where, batch_id))
      expect(untouched).toBe(status === 'CANCELED');
  });
});

const untilJobDone = (batch_id: string) =>
  until('the job is done', async () => {
    const { rows } = await lab.pool.query(
      `select 1 from faultline.command where batch_id = $1 and purpose = 'job' and status = 'COMPLETED'`,
      [batch_id],
    );
    return rows.length === 1;
  });

test('what was attempted once and waits for its retry was begun: it is left to run out', async () => {
  const script: Script = ({ key, attempt }) => {
    if (key === 'book' && attempt === 1) throw new TransientCommandError('BUSY', 'Later.');
  };
  const policy = { max_attempts: 2, backoff_ms: [3_600_000], lease_ms: 30_000 };
  const batch_id = await lab.launch(trip, { count: 3, script, policy });
  await work(lab);
  const retries = async () => {
    const { rows } = await lab.pool.query(
      `select command_id from faultline.command where batch_id = $1 and status = 'PENDING' and attempts = 1`,
      [batch_id],
    );
    return rows.length;
  };
  await until('all wait for their retry', async () => (await retries()) === 3);
  await cancelBatch(lab.bus, batch_id, operator);
  await untilJobDone(batch_id);
  expect(await retries()).toBe(3);
  expect(await lab.batch(batch_id)).toMatchObject({ status: 'CANCELING', canceled_count: 0 });
  await lab.pool.query('update faultline.command set available_at = now() where batch_id = $1', [batch_id]);
  expect(await watch(lab, batch_id)).toMatchObject({ status: 'CANCELED', completed_count: 3, canceled_count: 0 });
});

describe('the job', () => {
  /** Dies in its nth slice, before the commit or after it, and is delivered again. */
  async function dying(nth: number, point: Parameters<Env['probe']>[0]) {
    let slices = 0;
    lab.onProbe = (at, context) => {
      const changes = (context as { changes?: { error_code: string | null }[] }).changes ?? [];
      if (at !== point || !changes.some(({ error_code }) => error_code === 'BATCH_CANCELED')) return;
      if (++slices === nth) throw new Error('the worker dies');
    };
    const batch_id = await lab.launch(trip, { count: 4200 });
    await work(lab, { domains: ['faultline'] });
    await lab.untilBatch(batch_id, 'RUNNING');
    await cancelBatch(lab.bus, batch_id, operator);
    const ended = await watch(lab, batch_id);
    return { batch_id, ended };
  }

  test('that dies in the middle of its slices goes on where it was, and cancels each exactly once', async () => {
    const { batch_id, ended } = await dying(3, 'in_transition');
    expect(ended).toMatchObject({ status: 'CANCELED', canceled_count: 4200 });
    await untilJobDone(batch_id);
    const { rows } = await lab.pool.query(
      `select (select attempts from faultline.command where batch_id = $1 and purpose = 'job') as attempts,
         (select count(*)::int from faultline.event where batch_id = $1 and type = 'COMMAND_CANCELED') as events,
         (select count(distinct process_id)::int from faultline.event where batch_id = $1 and type = 'COMMAND_CANCELED') as processes`,
      [batch_id],
    );
    expect(rows).toEqual([{ attempts: 2, events: 4200, processes: 4200 }]);
  });
});

describe('is refused', () => {
  test('for a batch that is not there, that is being cancelled, or that has ended', async () => {
    await expect(cancelBatch(lab.bus, newId(), operator)).rejects.toThrow(NotFoundError);
    const batch_id = await lab.launch(trip, { count: 2 });
    await cancelBatch(lab.bus, batch_id, operator);
    await expect(cancelBatch(lab.bus, batch_id, operator)).rejects.toThrow('The batch is CANCELING');
    await work(lab);
    await watch(lab, batch_id);
    await expect(cancelBatch(lab.bus, batch_id, operator)).rejects.toThrow(WrongStateError);
    const completed = await lab.launch(trip);
    await lab.untilBatch(completed, 'COMPLETED');
    await expect(cancelBatch(lab.bus, completed, operator)).rejects.toThrow('The batch is COMPLETED');
  });

  test('to all but one of five who ask at once', async () => {
    const batch_id = await lab.launch(trip, { count: 10 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => cancelBatch(lab.bus, batch_id, operator)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await work(lab);
    expect((await watch(lab, batch_id)).status).toBe('CANCELED');
  });
});

describe('what waits for an operator', () => {
  const fails: Script = ({ key, ordinal, purpose }) => {
    if (purpose === 'compensation' && key === 'book' && ordinal === 0) throw new PermanentCommandError('STUCK', 'No.');
    if (purpose === 'step' && key === 'pay' && ordinal > 0) throw new PermanentCommandError('BROKEN', 'No.');
  };
  const awaited = async (batch_id: string) =>
    (await lab.processes(batch_id)).flatMap(({ status, awaiting_command_id }) =>
      status === 'WAITING_FOR_TSQ' ? [awaiting_command_id as string] : [],
    );
  test('is left to wait when a batch at rest is cancelled: it rests on, and then ends', async () => {
    const script: Script = ({ key, ordinal, purpose }) => {
      if (key === 'pay' && ordinal === 3 && purpose === 'step') throw new PermanentCommandError('BROKEN', 'It broke.');
    };
    const batch_id = await lab.launch(trip, { count: 5, script });
    await work(lab);
    const resting = await lab.untilBatch(batch_id, 'AT_REST');
    expect(resting).toMatchObject({ completed_count: 4, in_troubleshooting_count: 1 });
    await cancelBatch(lab.bus, batch_id, operator);
    await untilJobDone(batch_id);
    expect(await lab.untilBatch(batch_id, 'AT_REST')).toMatchObject({ in_troubleshooting_count: 1 });
    const parked = (await lab.processes(batch_id))[3] as { awaiting_command_id: string };
    await cancelCommand(lab.bus, parked.awaiting_command_id, operator);
    expect(await watch(lab, batch_id)).toMatchObject({ status: 'CANCELED', completed_count: 4, compensated_count: 1 });
    expect(await eventTypes(lab, batch_id)).toEqual([
      'BATCH_STARTED',
      'BATCH_AT_REST',
      'BATCH_CANCEL_REQUESTED',
      'BATCH_AT_REST',
      'BATCH_REOPENED',
      'BATCH_COMPLETED',
    ]);
  });

  test('when the batch is cancelled, or comes to wait after that: it rests with that, and ends CANCELED once it is dealt with', async () => {
    await work(lab);
    const inside = signal('the first process is under way');
    const release = signal('it may go on');
    const batch_id = await lab.launch(trip, {
      count: 3,
      script: async (call) => {
        if (call.key === 'pay' && call.purpose === 'step' && call.ordinal === 0) {
          inside.fire();
          await release.promise;
          throw new BusinessRuleError('REFUSED', 'No.');
        }
        return fails(call);
      },
    });
    await inside.promise;
    await until('two wait for an operator', async () => (await awaited(batch_id)).length === 2);
    await cancelBatch(lab.bus, batch_id, operator);
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'CANCELING', cancel_requested_at: expect.any(Date) });
    // Its compensation fails only now.
    release.fire();
    expect(await lab.untilBatch(batch_id, 'AT_REST')).toMatchObject({
      waiting_count: 0,
      in_troubleshooting_count: 3,
      rested_at: expect.any(Date),
      cancel_requested_at: expect.any(Date),
    });
    await expect(cancelBatch(lab.bus, batch_id, operator)).rejects.toThrow(WrongStateError);
    const [first] = await awaited(batch_id);
    await cancelCommand(lab.bus, first as string, operator);
    // It goes on being cancelled, or is at rest again.
    expect((await lab.batch(batch_id)).status).toMatch(/^(CANCELING|AT_REST)$/);
    for (const command_id of (await awaited(batch_id)).filter((id) => id !== first))
      await cancelCommand(lab.bus, command_id, operator);
    expect(await lab.untilBatch(batch_id, 'CANCELED')).toMatchObject({ in_troubleshooting_count: 0, waiting_count: 0 });
    await expectSettled(lab, batch_id);
    const types = await eventTypes(lab, batch_id);
    expect(types.slice(0, 4)).toEqual(['BATCH_STARTED', 'BATCH_CANCEL_REQUESTED', 'BATCH_AT_REST', 'BATCH_REOPENED']);
    expect(types.at(-1)).toBe('BATCH_COMPLETED');
  });

  test('because the code of the process threw', async () => {
    await work(lab);
    broken = true;
    const batch_id = await lab.launch(trip, { count: 2 });
    const waiting = await lab.untilProcesses(batch_id, 'WAITING_FOR_TSQ');
    expect(waiting[0]).toMatchObject({ error_code: 'ADVANCE_FAILED' });
    await lab.untilBatch(batch_id, 'AT_REST');
    await cancelBatch(lab.bus, batch_id, operator);
    await lab.untilBatch(batch_id, 'AT_REST');
    broken = false;
    for (const command_id of await awaited(batch_id)) await cancelCommand(lab.bus, command_id, operator);
    await lab.untilBatch(batch_id, 'CANCELED');
  });

  test('of a command batch', async () => {
    await work(lab);
    const { batch_id, command_ids } = await launchCommands(lab.bus, {
      commands: [1, 2].map(() => ({ domain: 'unhandled', type: 'Nothing' })),
    });
    await lab.pool.query(
      `update faultline.command set status = 'IN_TROUBLESHOOTING_QUEUE', attempts = 1, parked_at = now() where command_id = $1`,
      [command_ids[0]],
    );
    await cancelBatch(lab.bus, batch_id, operator);
    expect(await lab.untilBatch(batch_id, 'AT_REST')).toMatchObject({ canceled_count: 1, in_troubleshooting_count: 1 });
    await completeCommand(lab.bus, command_ids[0] as string, operator, {});
    expect(await lab.untilBatch(batch_id, 'CANCELED')).toMatchObject({ canceled_count: 1, completed_count: 1 });
  });
});
