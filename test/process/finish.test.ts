// The finisher: what follows from the counts, who counts, and that every ending is told exactly once.

import { beforeAll, describe, expect, test } from 'vitest';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import type { BatchCounts } from '../../src/db/queries/batches.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import type { BatchStatus } from '../../src/model/process.ts';
import { nextBatchStatus } from '../../src/process/finish.ts';
import { signal, until } from '../support/until.ts';
import { openFinisher } from './finisher.ts';
import { chain, openLab, type Script } from './lab.ts';

const trip = chain(['book', 'pay']);
const lab = await openLab({ processes: [trip], finishers: false });
const operator = { actor: 'ann', reason: 'Enough.' };

beforeAll(async () => {
  await lab.work();
});

describe('nextBatchStatus', () => {
  const next = (status: BatchStatus, counts: Partial<BatchCounts>) =>
    nextBatchStatus(
      { total_count: 10, closed: true, canceled: status === 'CANCELING' },
      {
        created_count: 10,
        completed_count: 0,
        compensated_count: 0,
        failed_count: 0,
        canceled_count: 0,
        waiting_count: 0,
        in_troubleshooting_count: 0,
        ...counts,
      },
    );
  const open = ['CREATING', 'RUNNING', 'AT_REST'] as const;

  test.each(open)('%s: the counts decide, whatever it was', (status) => {
    expect(next(status, { created_count: 9, completed_count: 9 })).toBe('CREATING');
    expect(next(status, { created_count: 0 })).toBe('CREATING');
    expect(next(status, { waiting_count: 10 })).toBe('RUNNING');
    expect(next(status, { waiting_count: 1, in_troubleshooting_count: 9 })).toBe('RUNNING');
    expect(next(status, { completed_count: 9, in_troubleshooting_count: 1 })).toBe('AT_REST');
    expect(next(status, { in_troubleshooting_count: 10 })).toBe('AT_REST');
    expect(next(status, { completed_count: 10 })).toBe('COMPLETED');
    expect(next(status, { completed_count: 9, compensated_count: 1 })).toBe('COMPLETED_WITH_FAILURES');
    expect(next(status, { completed_count: 9, failed_count: 1 })).toBe('COMPLETED_WITH_FAILURES');
    expect(next(status, { canceled_count: 10 })).toBe('COMPLETED_WITH_FAILURES');
  });

  test('cancelled: it goes on, rests and ends like any other, however little was created', () => {
    expect(next('CANCELING', { created_count: 3, waiting_count: 3 })).toBe('CANCELING');
    expect(next('CANCELING', { created_count: 3, waiting_count: 1, in_troubleshooting_count: 2 })).toBe('CANCELING');
    expect(next('CANCELING', { created_count: 3, canceled_count: 2, in_troubleshooting_count: 1 })).toBe('AT_REST');
    expect(next('CANCELING', { created_count: 0 })).toBe('CANCELED');
    expect(next('CANCELING', { created_count: 3, canceled_count: 3 })).toBe('CANCELED');
    expect(next('CANCELING', { completed_count: 10 })).toBe('CANCELED');
  });
});

const finisher = () => openFinisher(lab.bus);

const eventTypes = async (batch_id: string) =>
  (await lab.events({ batch_id })).map(({ type }) => type).filter((type) => type.startsWith('BATCH_'));

/** A batch whose processes are where their script puts them: ordinal by ordinal, a letter each. */
function outcomes(letters: string, state = { failing: true }): { count: number; script: Script } {
  return {
    count: letters.length,
    script: ({ key, ordinal, purpose }) => {
      if (purpose === 'compensation' || !state.failing) return;
      const outcome = letters[ordinal];
      if (key === 'pay' && outcome === 'r') throw new BusinessRuleError('REFUSED', 'No.');
      if (key === 'pay' && outcome === 't') throw new PermanentCommandError('BROKEN', 'It broke.');
    },
  };
}

const settled = (batch_id: string) =>
  lab.untilProcesses(batch_id, ['COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED', 'WAITING_FOR_TSQ']);

describe('a batch', () => {
  test('B07: ends COMPLETED, or COMPLETED_WITH_FAILURES, with what really became of its processes', async () => {
    const { round } = finisher();
    const good = await lab.launch(trip, outcomes('ccc'));
    const mixed = await lab.launch(trip, outcomes('crcr'));
    await Promise.all([settled(good), settled(mixed)]);
    await round();
    expect(await lab.batch(good)).toMatchObject({
      status: 'COMPLETED',
      created_count: 3,
      completed_count: 3,
      compensated_count: 0,
      waiting_count: 0,
      completed_at: expect.any(Date),
    });
    expect(await lab.batch(mixed)).toMatchObject({
      status: 'COMPLETED_WITH_FAILURES',
      created_count: 4,
      completed_count: 2,
      compensated_count: 2,
    });
    expect(await eventTypes(good)).toEqual(['BATCH_STARTED', 'BATCH_COMPLETED']);
  });

  test('that has ended is not looked at again', async () => {
    const { round } = finisher();
    const batch_id = await lab.launch(trip, outcomes('c'));
    await settled(batch_id);
    await round();
    const ended = await lab.batch(batch_id);
    await round();
    expect(await lab.batch(batch_id)).toEqual(ended);
  });

  test('rests with what waits for an operator, is reopened by a retry, rests again, and ends', async () => {
    const { round } = finisher();
    const state = { failing: true };
    const batch_id = await lab.launch(trip, outcomes('cttr', state));
    await settled(batch_id);
    await round();
    const resting = await lab.batch(batch_id);
    expect(resting).toMatchObject({
      status: 'AT_REST',
      completed_count: 1,
      compensated_count: 1,
      in_troubleshooting_count: 2,
      rested_at: expect.any(Date),
      completed_at: null,
    });
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'AT_REST', rested_at: resting.rested_at });

    // Held in the middle of its retry, one of the two is under way.
    const [, first, second] = await lab.processes(batch_id);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    lab.onProbe = (point) => (point === 'before_handler' ? held : undefined);
    await retryCommand(lab.bus, first?.awaiting_command_id as string, operator);
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({
      status: 'RUNNING',
      waiting_count: 1,
      in_troubleshooting_count: 1,
      rested_at: null,
    });
    lab.onProbe = () => {};
    release();
    await settled(batch_id);
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'AT_REST', in_troubleshooting_count: 2 });

    state.failing = false;
    await retryCommand(lab.bus, first?.awaiting_command_id as string, operator);
    await completeCommand(lab.bus, second?.awaiting_command_id as string, operator, {});
    await lab.untilProcesses(batch_id, ['COMPLETED', 'COMPENSATED']);
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({
      status: 'COMPLETED_WITH_FAILURES',
      completed_count: 3,
      compensated_count: 1,
      in_troubleshooting_count: 0,
    });
    expect(await eventTypes(batch_id)).toEqual([
      'BATCH_STARTED',
      'BATCH_AT_REST',
      'BATCH_REOPENED',
      'BATCH_AT_REST',
      'BATCH_REOPENED',
      'BATCH_COMPLETED',
    ]);
  });

  test('at rest ends when an operator cancels the last', async () => {
    const { round } = finisher();
    const batch_id = await lab.launch(trip, outcomes('t'));
    const [process] = await settled(batch_id);
    await round();
    await cancelCommand(lab.bus, process?.awaiting_command_id as string, operator);
    await settled(batch_id);
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'COMPLETED_WITH_FAILURES', compensated_count: 1 });
    expect(await eventTypes(batch_id)).toEqual(['BATCH_STARTED', 'BATCH_AT_REST', 'BATCH_REOPENED', 'BATCH_COMPLETED']);
  });

  test('whose processes all end between two looks goes from CREATING to its end at once', async () => {
    const { round } = finisher();
    const batch_id = await lab.launch(trip, outcomes('cc'));
    await settled(batch_id);
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'CREATING', created_count: 0 });
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'COMPLETED', started_at: expect.any(Date) });
  });
});

describe('several finishers', () => {
  test('at the same moment: one counts, and each ending is told once', async () => {
    const eight = Array.from({ length: 8 }, finisher);
    const batches = await Promise.all(
      ['ccc', 'ctt', 'crr', 'c', 't', 'r'].map((letters) => lab.launch(trip, outcomes(letters))),
    );
    await Promise.all(batches.map(settled));
    for (let times = 0; times < 3; times++) await Promise.all(eight.map(({ round }) => round()));
    const told = await Promise.all(batches.map(eventTypes));
    expect(told).toEqual([
      ['BATCH_STARTED', 'BATCH_COMPLETED'],
      ['BATCH_STARTED', 'BATCH_AT_REST'],
      ['BATCH_STARTED', 'BATCH_COMPLETED'],
      ['BATCH_STARTED', 'BATCH_COMPLETED'],
      ['BATCH_STARTED', 'BATCH_AT_REST'],
      ['BATCH_STARTED', 'BATCH_COMPLETED'],
    ]);
  });
});

test('counting does not wait for chunks under way: the progress of a launch is seen', async () => {
  const { round } = finisher();
  const inside = signal('the second chunk is under way');
  const release = signal('it may commit');
  lab.onProbe = async (point, context) => {
    if (point !== 'in_chunk' || (context as { from: number }).from !== 1000) return;
    inside.fire();
    await release.promise;
  };
  const batch_id = await lab.launch(trip, { count: 1500 });
  await inside.promise;
  await until('the first chunk is there', async () => (await lab.processes(batch_id)).length === 1000);
  await round();
  expect(await lab.batch(batch_id)).toMatchObject({ status: 'CREATING', created_count: 1000 });
  release.fire();
  lab.onProbe = () => {};
  await until('all are there', async () => (await lab.processes(batch_id)).length === 1500);
  await settled(batch_id);
  await round();
});

test('a batch is counted no more often than ten times as long as its last count took', async () => {
  const { round, clock } = finisher();
  const batch_id = await lab.launch(trip, outcomes('t'));
  await settled(batch_id);
  const countedAt = async () => (await lab.batch(batch_id)).counted_at as Date | null;
  // Each look at the clock costs 100 ms, so that is what the count took.
  clock.count_ms = 100;
  await round();
  clock.count_ms = 0;
  const first = await countedAt();
  expect(first).not.toBeNull();
  const from_ms = clock.now_ms;
  clock.now_ms = from_ms + 800;
  await round();
  expect(await countedAt()).toEqual(first);
  clock.now_ms = from_ms + 1_000;
  await round();
  expect(await countedAt()).not.toEqual(first);
});

test('a round that fails is followed by the next', async () => {
  let failing = true;
  const pool = new Proxy(lab.bus.pool, {
    get(target, key) {
      if (key === 'connect' && failing) return () => Promise.reject(new Error('no connection'));
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { bus } = lab;
  const real = bus.pool;
  bus.pool = pool;
  const { round } = finisher();
  bus.pool = real;
  const batch_id = await lab.launch(trip, outcomes('c'));
  await settled(batch_id);
  await round();
  expect((await lab.batch(batch_id)).status).toBe('CREATING');
  failing = false;
  await round();
  expect((await lab.batch(batch_id)).status).toBe('COMPLETED');
});
