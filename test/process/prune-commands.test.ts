// Pruning of commands that belong to no process: standalone ones by how and when they ended, those of a command batch with it;
// and of old records that stand alone.

import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { countPrunable, type Pruned, type PruneRequest, pruneEnded } from '../../src/process/prune.ts';
import { emptyTables } from '../support/database.ts';
import { insertBatch, insertCommand, insertWorker } from '../support/factories.ts';
import { chain, openLab } from './lab.ts';

const lab = await openLab({ processes: [chain(['book'])] });
const DAY_MS = 86_400_000;
const MONTH: PruneRequest = {
  older_than_ms: 30 * DAY_MS,
  batches: true,
  commands: true,
  records: true,
  replies: false,
  process_types: null,
};

const prune = (_run = {}, request: Partial<PruneRequest> = {}): Promise<Pruned> =>
  pruneEnded(lab.bus, { ...MONTH, ...request });

beforeEach(async () => {
  await emptyTables(
    lab.pool,
    'faultline.batch',
    'faultline.command',
    'faultline.reply',
    'faultline.idempotency_key',
    'faultline.worker',
    'faultline.job',
  );
  // What a test itself puts into the tables is no change of status by Faultline.
  await lab.pool.query('drop trigger if exists record_command on faultline.command');
});

describe('commands without a batch', () => {
  const standalone = { purpose: 'standalone', process_id: null, batch_id: null, domain: 'elsewhere' };
  const old = { created_at: new Date(Date.now() - 50 * DAY_MS), settled_at: new Date(Date.now() - 40 * DAY_MS) };

  test('go by how they ended and when they were settled; what is open or parked stays', async () => {
    const gone = [
      await insertCommand(lab.pool, 'COMPLETED', { ...standalone, ...old }),
      await insertCommand(lab.pool, 'FAILED', { ...standalone, ...old }),
    ];
    const stay = [
      await insertCommand(lab.pool, 'CANCELED', { ...standalone, ...old }),
      await insertCommand(lab.pool, 'COMPLETED', {
        ...standalone,
        ...old,
        settled_at: new Date(Date.now() - 29 * DAY_MS),
      }),
      await insertCommand(lab.pool, 'PENDING', { ...standalone, created_at: old.created_at }),
      await insertCommand(lab.pool, 'IN_TROUBLESHOOTING_QUEUE', { ...standalone, ...old }),
    ];
    const request = { endings: ['completed', 'failed'] as const };
    expect((await countPrunable(lab.bus, { ...MONTH, ...request })).commands).toBe(2);
    await prune({}, request);
    const { rows } = await lab.pool.query(
      'select command_id from faultline.command where command_id = any($1::uuid[])',
      [[...gone, ...stay].map(({ command_id }) => command_id)],
    );
    expect(rows.map(({ command_id }) => command_id).sort()).toEqual(stay.map(({ command_id }) => command_id).sort());
  });

  test('one that someone holds is passed over, and goes next time', async () => {
    const { command_id } = await insertCommand(lab.pool, 'COMPLETED', { ...standalone, ...old });
    const client = await lab.pool.connect();
    await client.query('begin');
    await client.query('select 1 from faultline.command where command_id = $1 for update', [command_id]);
    expect((await prune({}, { batches: false })).counts.commands).toBe(0);
    await client.query('rollback');
    client.release();
    expect((await prune({}, { batches: false })).counts.commands).toBeGreaterThan(0);
  });

  test('those of a command batch go with it', async () => {
    const batch = { kind: 'command', process_type: null, process_version: null, completed_at: old.settled_at };
    const { batch_id } = await insertBatch(lab.pool, 'COMPLETED', batch);
    for (let n = 0; n < 3; n++) await insertCommand(lab.pool, 'COMPLETED', { ...standalone, ...old, batch_id });
    await prune({}, { batches: false });
    expect(await lab.batch(batch_id)).toBeDefined();
    expect((await prune({}, { commands: false })).counts).toMatchObject({ batches: 1, commands: 3 });
    expect(await lab.batch(batch_id)).toBeUndefined();
  });

  test('a batch of which one is open stays whole', async () => {
    const batch = { kind: 'command', process_type: null, process_version: null, completed_at: old.settled_at };
    const { batch_id } = await insertBatch(lab.pool, 'COMPLETED', batch);
    await insertCommand(lab.pool, 'COMPLETED', { ...standalone, ...old, batch_id });
    const { command_id } = await insertCommand(lab.pool, 'PENDING', { ...standalone, batch_id });
    expect((await prune()).left_count).toBe(1);
    expect((await lab.batch(batch_id)).pruning_at).toBeNull();
    await lab.pool.query(`update faultline.command set status = 'CANCELED' where command_id = $1`, [command_id]);
    expect((await prune()).left_count).toBe(0);
  });
});

describe('old records', () => {
  const count = async (table: string) =>
    (await lab.pool.query<{ count: number }>(`select count(*) as count from faultline.${table}`)).rows[0]?.count;

  test('idempotency keys of more than a day, jobs that ended, and workers that are gone go; the others stay', async () => {
    await lab.pool.query(
      `insert into faultline.idempotency_key (key, request_hash, batch_id, created_at)
       select 'key ' || n, 'hash', $1, now() - n * interval '13 hours' from generate_series(0, 3) n`,
      [newId()],
    );
    await lab.pool.query(
      `insert into faultline.job (job_id, verb, filter, actor, status, total_count, began_at, completed_at)
       select gen_random_uuid(), 'retry', '{}', 'ann', case when n = 2 then 'RUNNING' else 'COMPLETED' end, 1,
         now() - interval '40 days', case n when 0 then now() - interval '39 days' when 1 then now() end
       from generate_series(0, 2) n`,
    );
    await lab.pool.query(
      `insert into faultline.job_failure (job_id, item_id, error_code, error_message)
       select job_id, gen_random_uuid(), 'X', 'x' from faultline.job cross join generate_series(1, 1500)`,
    );
    for (const days of [0, 29, 31])
      await insertWorker(lab.pool, 'STOPPED', { heartbeat_at: new Date(Date.now() - days * DAY_MS) });
    const expected = { idempotency_keys: 2, jobs: 1, workers: 1 };
    expect(await countPrunable(lab.bus, MONTH)).toMatchObject(expected);
    expect((await prune()).counts).toMatchObject(expected);
    const left = await Promise.all(['idempotency_key', 'job', 'job_failure', 'worker'].map(count));
    expect(left).toEqual([2, 2, 3_000, 2]);
  });

  test('a worker that is at work stays, however short the age', async () => {
    await insertWorker(lab.pool, 'RUNNING', { heartbeat_at: new Date(Date.now() - 60_000) });
    await prune({}, { older_than_ms: 0 });
    expect(await count('worker')).toBe(1);
  });

  test('replies stay unless they are asked for, and those kept for a process stay always', async () => {
    const old = Date.now() - 40 * DAY_MS;
    const idAt = (ms: number) =>
      `${ms
        .toString(16)
        .padStart(12, '0')
        .replace(/^(.{8})/, '$1-')}${newId().slice(13)}`;
    for (const [created_ms, process_id] of [
      [old, null],
      [old, newId()],
      [Date.now(), null],
    ] as const)
      await lab.pool.query(
        `insert into faultline.reply (reply_id, lane, queue, command_id, process_id, outcome, created_at)
         values ($1, 0, 'asked', $2, $3, 'SUCCESS', $4)`,
        [idAt(created_ms), newId(), process_id, new Date(created_ms)],
      );
    await prune();
    expect(await count('reply')).toBe(3);
    expect((await countPrunable(lab.bus, { ...MONTH, replies: true })).replies).toBe(1);
    expect((await prune({}, { replies: true })).counts.replies).toBe(1);
    expect(await count('reply')).toBe(2);
  });

  test('jobs of Faultline itself that belong to no batch go when they ended', async () => {
    const own = { domain: 'faultline', type: 'RunJob', purpose: 'job', process_id: null, batch_id: null };
    const then = new Date(Date.now() - 40 * DAY_MS);
    await insertCommand(lab.pool, 'COMPLETED', { ...own, created_at: then, settled_at: then });
    await insertCommand(lab.pool, 'COMPLETED', { ...own, created_at: then, settled_at: new Date() });
    await insertCommand(lab.pool, 'PENDING', { ...own, created_at: then, available_at: new Date(Date.now() + DAY_MS) });
    expect((await prune()).counts.commands).toBe(1);
    expect(await count('command')).toBe(2);
  });
});
