// The audit of the system: what concerns no single command or process, over a window or of one batch.

import { expect, test } from 'vitest';
import { newId } from '../../src/model/env.ts';
import { at, insertBatch, insertEvent, insertProcess } from '../support/factories.ts';
import { readAudit, typesOf as types } from './audit-reader.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const audit = (query: string, limit?: number) => readAudit(lab, query, limit);

const start = 50_000;
const window = `from=${at(start).toISOString()}&to=${at(start + 3_000).toISOString()}`;

test('only what concerns no single command or process; of a batch its own, and what met all of them meanwhile', async () => {
  const batch = await insertBatch(pool, 'COMPLETED', { created_at: at(start + 10), completed_at: at(start + 100) });
  const { batch_id } = batch;
  const other = await insertBatch(pool, 'RUNNING', { created_at: at(start + 10) });
  const process = await insertProcess(pool, 'COMPLETED', { batch_id, ordinal: 0 });
  const write = (second: number, type: string, fields = {}) =>
    insertEvent(pool, type, { at: at(start + second), ...fields });
  await write(5, 'CHAOS_STOPPED', { actor: 'ann', reason: 'enough' });
  await write(6, 'CHAOS_RESUMED', { actor: 'ann' });
  await write(10, 'BATCH_STARTED', { batch_id });
  await write(11, 'BATCH_STARTED', { batch_id: other.batch_id });
  await write(20, 'PROCESS_COMPENSATING', { batch_id, process_id: process.process_id });
  await write(21, 'OPERATOR_RETRY', { batch_id, command_id: newId() });
  await write(30, 'TURBULENCE', { batch_id, details: { kind: 'restart_postgres' } });
  await write(31, 'DATABASE_AWAY', { details: { away_ms: 900 } });
  await write(40, 'CHAOS_STOPPED', { actor: 'bob', reason: 'all' });
  await write(100, 'BATCH_COMPLETED', { batch_id });
  await write(200, 'CHAOS_RESUMED', { actor: 'bob' });
  await write(5_000, 'CHAOS_STOPPED');
  const own = ['BATCH_STARTED', 'TURBULENCE', 'DATABASE_AWAY', 'CHAOS_STOPPED', 'BATCH_COMPLETED'];
  for (const limit of [1, 3, 100]) {
    expect(types(await audit(`${window}&level=system`, limit))).toEqual([
      ...['CHAOS_STOPPED', 'CHAOS_RESUMED', 'BATCH_STARTED', 'BATCH_STARTED', 'TURBULENCE', 'DATABASE_AWAY'],
      ...['CHAOS_STOPPED', 'BATCH_COMPLETED', 'CHAOS_RESUMED'],
    ]);
    expect(types(await audit(`batch_id=${batch_id}&level=system`, limit))).toEqual(own);
  }
  expect((await audit(`${window}&level=system`, 1))[0]?.details).toEqual({ actor: 'ann', reason: 'enough' });
});

test('a long window, an unknown batch, and what it does not go with', async () => {
  const year = `from=${at(-3e7).toISOString()}&to=${at(0).toISOString()}`;
  expect((await lab.get(`/audit?${year}`)).statusCode).toBe(422);
  expect((await lab.get(`/audit?${year}&level=system`)).statusCode).toBe(200);
  expect((await lab.get(`/audit?batch_id=${newId()}&level=system`)).json()).toEqual({ items: [], next_cursor: null });
  for (const query of [`command_id=${newId()}&level=system`, 'level=system', `${window}&level=process`]) {
    const answer = await lab.get(`/audit?${query}`);
    expect(answer.statusCode, query).toBe(422);
    expect(answer.json().code).toBe('INVALID_INPUT');
  }
});

test('by its index, however many events of processes there are', async () => {
  const { pool: sized } = (await openLab()).database;
  await sized.query(
    `insert into faultline.event (lane, at, type, process_id)
       select 0, now(), 'PROCESS_COMPENSATING', gen_random_uuid() from generate_series(1, 50000)`,
  );
  await sized.query('analyze faultline.event');
  for (const batch of ['null', `'${newId()}'`]) {
    const { rows } = await sized.query(
      `explain (format json) select * from faultline.recorded_event where command_id is null and process_id is null
           and (batch_id = ${batch}::uuid or (at >= now() - interval '1 day' and at < now() and (${batch}::uuid is null or batch_id is null)))`,
    );
    expect(JSON.stringify(rows)).toContain('event_system');
  }
});
