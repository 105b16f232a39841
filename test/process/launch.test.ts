// Launching: durable, in chunks, exactly as many processes as asked for, whatever happens to the chunks.

import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { expireWorkerLeases } from '../../src/db/queries/claims.ts';
import type { Env, ProbePoint } from '../../src/model/env.ts';
import { InvalidInputError } from '../../src/model/errors.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { defineProcess } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { signal, until } from '../support/until.ts';
import { chain, DOMAIN, type Lab, openLab, type Place } from './lab.ts';

let breaks: (place: Place, key: string) => boolean = () => false;
const code = (place: Place, key: string) => {
  if (breaks(place, key)) throw new Error('oops');
};
const trip = chain(['book', 'pay'], { code });
const dated = defineProcess({
  type: 'Dated',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({ at: z.date() }),
  state: z.looseObject({}),
  start: ({ at }) => ({ at }),
  steps: [{ key: 'one', command: 'Doone', request: () => ({}) }],
});
const lab = await openLab({ processes: [trip, dated] });
const laned = await openLab({ processes: [trip], lanes: 3 });
// Only launching: first commands stay as they were sent.
const workers = [await lab.work({ domains: ['faultline'] }), await laned.work({ domains: ['faultline'] })];

beforeEach(() => {
  breaks = () => false;
  lab.onProbe = () => {};
});

/** Everything a launch writes, counted. */
async function written({ pool }: Lab) {
  const { rows } = await pool.query(
    `select (select count(*)::int from faultline.batch) as batches,
       (select count(*)::int from faultline.command) as commands,
       (select count(*)::int from faultline.process) as processes,
       (select count(*)::int from faultline.event) as events,
       (select count(*)::int from faultline.idempotency_key) as keys`,
  );
  return rows[0];
}

/** What stands of a batch, looked at from every side; `expectWhole` says what it must be. */
async function facts({ pool }: Lab, batch_id: string) {
  const { rows } = await pool.query(
    `select count(*)::int as processes, count(distinct p.ordinal)::int as ordinals, min(p.ordinal) as first,
       max(p.ordinal) as last, count(c.command_id)::int as first_commands,
       count(*) filter (where c.status = 'PENDING' and c.attempts = 0 and c.step = 'book' and c.purpose = 'step'
         and c.process_id = p.process_id and c.batch_id = p.batch_id and c.correlation_id = p.process_id
         and c.lane = p.lane and p.command_ids = array[c.command_id] and p.path = array['book'])::int as as_sent,
       (select count(*)::int from faultline.command where batch_id = $1 and purpose = 'step') as step_commands,
       count(t.command_id)::int as chaotic, count(*) filter (where p.state ? 'behavior')::int as with_behavior,
       (select count(*)::int from faultline.command where batch_id = $1 and purpose = 'chunk') as chunks,
       count(distinct p.lane)::int as lanes
     from faultline.process p
       left join faultline.command c on c.command_id = p.awaiting_command_id
       left join e2e.test_command t on t.command_id = c.command_id and t.lane = c.lane
     where p.batch_id = $1`,
    [batch_id],
  );
  return rows[0];
}

async function expectWhole(where: Lab, batch_id: string, count: number, chaotic = 0) {
  await where.untilBatch(batch_id, 'RUNNING');
  const chunks = Math.ceil(count / 1000);
  expect(await facts(where, batch_id)).toEqual({
    processes: count,
    ordinals: count,
    first: 0,
    last: count - 1,
    first_commands: count,
    as_sent: count,
    step_commands: count,
    chaotic,
    with_behavior: chaotic,
    chunks,
    lanes: Math.min(chunks, where.bus.lanes),
  });
}

const chunkAt = (wanted: ProbePoint, from: number, act: () => unknown): Env['probe'] => {
  let met = false;
  return async (point, context) => {
    if (met || point !== wanted || (context as { from?: number }).from !== from) return;
    met = true;
    await act();
  };
};

const chunkAttempts = async (batch_id: string, { pool }: Lab = lab) => {
  const { rows } = await pool.query(
    `select outcome, effect from faultline.attempt where batch_id = $1 and purpose = 'chunk' order by ended_at, attempt`,
    [batch_id],
  );
  return rows.map(({ outcome, effect }) => `${outcome} ${effect}`);
};

/** What each chunk says it created, in order of its first process. */
const chunkResults = async (batch_id: string) => {
  const { rows } = await lab.pool.query(
    `select (result ->> 'created_count')::int as created, attempts from faultline.command
     where batch_id = $1 and purpose = 'chunk' order by (payload ->> 'from')::int`,
    [batch_id],
  );
  return rows;
};

describe.each([
  ['one lane', lab],
  ['three lanes', laned],
])('P06: a batch launched on %s', (_, where) => {
  test.each([1, 999, 1000, 1001, 5000])('%i processes are exactly that many', async (count) => {
    await expectWhole(where, await where.launch(trip, { count }), count);
  });

  test('with behavior, a chaos row stands beside each first command', async () => {
    const behavior = { book: { fail_transient_pct: 5 } };
    const batch_id = await where.launch(trip, { count: 1001, behavior });
    await expectWhole(where, batch_id, 1001, 1001);
    const { rows } = await where.pool.query(
      `select distinct t.behavior, p.state -> 'behavior' as state_behavior,
         t.payload = jsonb_build_object('process_id', p.process_id, 'process_step', 'book') as payload_fits
       from faultline.process p join e2e.test_command t on t.command_id = p.awaiting_command_id where p.batch_id = $1`,
      [batch_id],
    );
    expect(rows).toEqual([{ behavior: behavior.book, state_behavior: behavior, payload_fits: true }]);
  });

  test('two workers share the chunks', async () => {
    const second = await where.work({ domains: ['faultline'] });
    const batch_id = await where.launch(trip, { count: 5000 });
    await expectWhole(where, batch_id, 5000);
    await second.stop();
  });
});

test('the answer comes before the work, and is what was asked for', async () => {
  const seen = signal('a chunk is under way');
  const release = signal('go on');
  lab.onProbe = chunkAt('in_chunk', 0, async () => {
    seen.fire();
    await release.promise;
  });
  const launched = await launchBatch(lab.bus, { definition: trip, count: 2, input: { script: '' } });
  expect(launched).toMatchObject({ status: 'CREATING', total_count: 2, seed: expect.stringMatching(/^[0-9a-f]{16}$/) });
  await seen.promise;
  expect(await lab.batch(launched.batch_id)).toMatchObject({ status: 'CREATING', created_count: 0, started_at: null });
  release.fire();
  await lab.untilBatch(launched.batch_id, 'RUNNING');
  const seeded = await launchBatch(lab.bus, { definition: trip, count: 1, input: { script: '' }, seed: 'a.B_9-' });
  expect(seeded.seed).toBe('a.B_9-');
});

test('a chunk holds its lease for a minute, so that a slow database does not undo it', async () => {
  const { batch_id } = await launchBatch(lab.bus, { definition: trip, count: 1, input: { script: '' } });
  const { rows } = await lab.pool.query(
    `select lease_ms from faultline.command where batch_id = $1 and purpose = 'chunk'`,
    [batch_id],
  );
  expect(rows).toEqual([{ lease_ms: 60_000 }]);
});

describe('a chunk that comes again', () => {
  test('having died before its commit: what it did is gone, and done again', async () => {
    lab.onProbe = chunkAt('in_chunk', 1000, () => {
      throw new Error('the worker dies');
    });
    const batch_id = await lab.launch(trip, { count: 2500, behavior: { book: { max_duration_ms: 1 } } });
    await expectWhole(lab, batch_id, 2500, 2500);
    await until('all are settled', async () => (await chunkAttempts(batch_id)).length === 4);
    expect((await chunkAttempts(batch_id)).sort()).toEqual([...Array(3).fill('success COMPLETED'), 'transient RETRY']);
  });

  test('having died between its commit and its settle: nothing is inserted twice', async () => {
    const dies = chunkAt('after_chunk', 1000, () => {
      throw new Error('the worker dies');
    });
    // Another chunk has yet to commit, so the batch is still being created when this one comes again.
    const release = signal('the last chunk may commit');
    const waits = chunkAt('in_chunk', 2000, () => release.promise);
    lab.onProbe = async (point, context) => {
      await dies(point, context);
      await waits(point, context);
    };
    const batch_id = await lab.launch(trip, { count: 2500, behavior: { book: { max_duration_ms: 1 } } });
    await until('it came again', async () => (await chunkAttempts(batch_id)).length === 3);
    const soFar = (await chunkAttempts(batch_id)).sort();
    release.fire();
    expect(soFar).toEqual(['success COMPLETED', 'success COMPLETED', 'transient RETRY']);
    await expectWhole(lab, batch_id, 2500, 2500);
    await until('all are settled', async () => (await chunkAttempts(batch_id)).length === 4);
    expect(await chunkResults(batch_id)).toEqual([
      { created: 1000, attempts: 1 },
      { created: 0, attempts: 2 },
      { created: 500, attempts: 1 },
    ]);
  });

  test('while its first delivery has yet to commit: one of the two inserts, the other finds it done', async () => {
    const inside = signal('the first delivery has inserted');
    const release = signal('it may commit');
    lab.onProbe = chunkAt('in_chunk', 0, async () => {
      inside.fire();
      await release.promise;
    });
    const batch_id = await lab.launch(trip, { count: 700, behavior: { book: { max_duration_ms: 1 } } });
    await inside.promise;
    await expireWorkerLeases(lab.pool, (workers[0] as { worker_id: string }).worker_id);
    await until('the second delivery waits for the rows of the first', async () => {
      const { rows } = await lab.pool.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into faultline.process%'
           and datname = current_database()`,
      );
      return rows.length === 1;
    });
    release.fire();
    await expectWhole(lab, batch_id, 700, 700);
    await until('the first came too late', async () =>
      (await lab.events({ batch_id })).some(({ type }) => type === 'LATE_RESULT_DISCARDED'),
    );
    await expectWhole(lab, batch_id, 700, 700);
    await until('the second is settled', async () => (await chunkAttempts(batch_id)).length === 2);
    expect(await chunkAttempts(batch_id)).toEqual(['lease_expired RETRY', 'success COMPLETED']);
    expect(await chunkResults(batch_id)).toEqual([{ created: 0, attempts: 2 }]);
  });

  test('after the batch was cancelled: it inserts nothing', async () => {
    const reached = signal('the chunk was claimed');
    const release = signal('it may go on');
    lab.onProbe = async (point, context) => {
      if (point !== 'before_handler' || (context as { type: string }).type !== 'LaunchChunk') return;
      reached.fire();
      await release.promise;
    };
    const batch_id = await lab.launch(trip, { count: 1000 });
    await reached.promise;
    await cancelBatch(lab.bus, batch_id, { actor: 'ann' });
    release.fire();
    expect(await lab.untilBatch(batch_id, 'CANCELED')).toMatchObject({ created_count: 0, canceled_count: 0 });
    await until('the chunk is settled', async () => (await chunkAttempts(batch_id)).length === 1);
    expect(await facts(lab, batch_id)).toMatchObject({ processes: 0, step_commands: 0 });
    expect((await lab.batch(batch_id)).status).toBe('CANCELED');
  });
});

describe('code of the definition', () => {
  test.each(['start', 'request'] as const)(
    'a %s that throws fails the launch, and nothing is written',
    async (place) => {
      const before = await written(lab);
      breaks = (where) => where === place;
      const idempotency = { key: `broken ${place}`, request_hash: 'x' };
      await expect(lab.launch(trip, { count: 3000, idempotency })).rejects.toThrow('oops');
      expect(await written(lab)).toEqual(before);
    },
  );

  test('that throws only for some: they are tried again until it is mended, and nothing is lost', async () => {
    breaks = (place, key) => place === 'start' && key === '1200';
    const batch_id = await lab.launch(trip, { count: 3000 });
    await until('the others are there', async () => (await facts(lab, batch_id)).processes === 2000);
    await until('the chunk failed', async () => (await chunkAttempts(batch_id)).includes('transient RETRY'));
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'CREATING' });
    breaks = () => false;
    await expectWhole(lab, batch_id, 3000);
  });
});

describe('what cannot work is refused before anything is written', () => {
  const refused = async (launching: () => Promise<unknown>, error: unknown) => {
    const before = await written(lab);
    await expect(launching()).rejects.toThrow(error as Error);
    expect(await written(lab)).toEqual(before);
  };

  test.each([
    ['max_attempts', { max_attempts: 0 }],
    ['max_attempts', { max_attempts: 101 }],
    ['max_attempts', { max_attempts: 1.5 }],
    ['backoff_ms', { backoff_ms: [] }],
    ['backoff_ms', { backoff_ms: Array(21).fill(0) }],
    ['backoff_ms.1', { backoff_ms: [0, -1] }],
    ['backoff_ms.0', { backoff_ms: [86_400_001] }],
    ['lease_ms', { lease_ms: 499 }],
    ['lease_ms', { lease_ms: 3_600_001 }],
  ])('a policy out of bounds: %s %j', async (path, policy) => {
    await refused(() => lab.launch(trip, { policy }), InvalidInputError);
    await expect(lab.launch(trip, { policy })).rejects.toMatchObject({ errors: [{ path: `policy.${path}` }] });
    expect(() => defineProcess({ ...trip, policy })).toThrow(path);
  });

  test.each([0, 100_001, 1.5, Number.NaN])('a count of %d is told by its name', async (count) => {
    await refused(() => lab.launch(trip, { count }), InvalidInputError);
    await expect(lab.launch(trip, { count })).rejects.toMatchObject({ errors: [{ path: 'count' }] });
  });

  test('an input that is not the same after it was stored', async () => {
    const launching = () => launchBatch(lab.bus, { definition: dated, count: 1, input: { at: new Date(0) } });
    await refused(launching, InvalidInputError);
    await expect(launching()).rejects.toMatchObject({ errors: [{ path: 'input.at' }] });
  });

  test('a state that cannot be stored', async () => {
    const definition = { ...trip, start: () => ({ script: '', ordinal: 0, done: [], huge: 1n }) };
    await refused(() => lab.launch(definition), 'BigInt');
  });
});

describe('an idempotency key', () => {
  const launch = (key: string, request_hash: string) =>
    lab.launch(trip, { count: 2, idempotency: { key, request_hash } });

  test('used again for the same request answers the same batch, whatever became of it', async () => {
    const first = await launch('same', 'x');
    await lab.untilBatch(first, 'RUNNING');
    const before = await written(lab);
    expect(await launch('same', 'x')).toBe(first);
    expect(await written(lab)).toEqual(before);
    const idempotency = { key: 'same', request_hash: 'x' };
    const again = await launchBatch(lab.bus, { definition: trip, count: 2, input: { script: 'x' }, idempotency });
    const { seed } = await lab.batch(first);
    expect(again).toEqual({ batch_id: first, status: 'CREATING', total_count: 2, seed });
  });

  test('used for another request is refused', async () => {
    await lab.untilBatch(await launch('other', 'x'), 'RUNNING');
    const before = await written(lab);
    await expect(launch('other', 'y')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await written(lab)).toEqual(before);
  });

  test('used by five at once makes one batch', async () => {
    const before = await written(lab);
    const ids = await Promise.all(Array.from({ length: 5 }, () => launch('race', 'x')));
    expect(new Set(ids).size).toBe(1);
    expect((await written(lab)).batches).toBe(before.batches + 1);
  });

  test('used by two at once for different requests: one launches, the other is refused', async () => {
    const before = await written(lab);
    const outcomes = await Promise.allSettled([launch('rivals', 'x'), launch('rivals', 'y')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await written(lab)).batches).toBe(before.batches + 1);
  });

  test('is forgotten after a day', async () => {
    const first = await launch('old', 'x');
    await lab.pool.query(
      `update faultline.idempotency_key set created_at = now() - interval '25 hours' where key = 'old'`,
    );
    const second = await launch('old', 'y');
    expect(second).not.toBe(first);
    expect(await launch('old', 'y')).toBe(second);
  });

  test('of a launch that failed is free', async () => {
    await expect(lab.launch(trip, { count: 0, idempotency: { key: 'failed', request_hash: 'x' } })).rejects.toThrow();
    await expect(launch('failed', 'y')).resolves.toBeTypeOf('string');
  });
});

test('chunks of a version that one worker does not know are left to one that does', async () => {
  const newer = chain(['book', 'pay'], { version: 2 });
  const upgraded = await openLab({ processes: [trip, newer] });
  const older = await openLab({ processes: [trip], database: upgraded.database });
  const oldWorker = await older.work({ domains: ['faultline'] });
  const batch_id = await upgraded.launch(newer, { count: 1500 });
  await until('the old worker has tried and given back', async () =>
    (await chunkAttempts(batch_id, upgraded)).includes('transient RETRY'),
  );
  // As when workers are upgraded one after the other: at work it would take them again and again, each time for a longer wait.
  await oldWorker.stop();
  await upgraded.work({ domains: ['faultline'] });
  await expectWhole(upgraded, batch_id, 1500);
});
