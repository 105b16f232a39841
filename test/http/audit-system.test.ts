// The audit of the system: what concerns no single command or process, over a window or of one batch.

import { expect, test } from 'vitest';
import type { Queryable } from '../../src/db/pool.ts';
import { type AuditPlace, readSystemAudit } from '../../src/db/queries/read-audit.ts';
import { newId } from '../../src/model/ids.ts';
import { at, insertBatch, insertCommand, insertEvent, insertProcess } from '../support/factories.ts';
import { readAudit, typesOf as types } from './audit-reader.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const audit = (query: string, limit?: number) => readAudit(lab, query, limit);

const start = 50_000;
const window = `from=${at(start).toISOString()}&to=${at(start + 3_000).toISOString()}`;
const write = (second: number, type: string, fields = {}) =>
  insertEvent(pool, type, { at: at(start + second), ...fields });

test('only what concerns no single command or process; of a batch its own, and what met all of them meanwhile', async () => {
  const span = { created_at: at(start + 10), completed_at: at(start + 100) };
  const { batch_id } = await insertBatch(pool, 'COMPLETED', span);
  const other = await insertBatch(pool, 'RUNNING', { created_at: at(start + 10) });
  const process = await insertProcess(pool, 'COMPLETED', { batch_id, ordinal: 0 });
  await write(-1, 'CHAOS_STOPPED');
  await write(0, 'CHAOS_STOPPED', { actor: 'ann', reason: 'enough' });
  await write(6, 'CHAOS_RESUMED', { actor: 'ann' });
  await write(10, 'BATCH_STARTED', { batch_id });
  await write(11, 'BATCH_STARTED', { batch_id: other.batch_id });
  await write(20, 'PROCESS_COMPENSATING', { batch_id, process_id: process.process_id });
  await write(21, 'OPERATOR_RETRY', { batch_id, command_id: newId() });
  await write(30, 'TURBULENCE', { batch_id: other.batch_id, details: { kind: 'restart_postgres' } });
  await write(31, 'DATABASE_AWAY', { details: { away_ms: 900 } });
  await write(40, 'CHAOS_STOPPED', { actor: 'bob', reason: 'all' });
  await write(100, 'BATCH_COMPLETED', { batch_id });
  await write(101, 'DATABASE_AWAY', { details: { away_ms: 1_500 } });
  await write(102, 'DATABASE_AWAY', { details: { away_ms: 1_500 } });
  await write(200, 'CHAOS_RESUMED', { actor: 'bob' });
  await write(3_000, 'CHAOS_STOPPED');
  const own = ['BATCH_STARTED', 'TURBULENCE', 'DATABASE_AWAY', 'CHAOS_STOPPED', 'BATCH_COMPLETED', 'DATABASE_AWAY'];
  const all = [
    ...['CHAOS_STOPPED', 'CHAOS_RESUMED', 'BATCH_STARTED', 'BATCH_STARTED', 'TURBULENCE', 'DATABASE_AWAY'],
    ...['CHAOS_STOPPED', 'BATCH_COMPLETED', 'DATABASE_AWAY', 'DATABASE_AWAY', 'CHAOS_RESUMED'],
  ];
  for (const limit of [1, 3, 100]) {
    expect(types(await audit(`${window}&level=system`, limit))).toEqual(all);
    expect(types(await audit(`${window}&level=system&order=desc`, limit))).toEqual(all.toReversed());
    expect(types(await audit(`batch_id=${batch_id}&level=system`, limit))).toEqual(own);
    expect(types(await audit(`batch_id=${batch_id}&level=system&order=desc`, limit))).toEqual(own.toReversed());
  }
  const [stopped, , started] = await audit(`${window}&level=system`);
  expect(stopped).toMatchObject({ details: { actor: 'ann', reason: 'enough' }, batch_id: null, batch_kind: null });
  expect(started).toMatchObject({ batch_id, batch_kind: 'process' });
  // One that has not ended sees on.
  const open = await audit(`batch_id=${other.batch_id}&level=system`);
  expect(types(open).slice(-2)).toEqual(['CHAOS_RESUMED', 'CHAOS_STOPPED']);
});

test('events of one instant, cut into pages either way', async () => {
  const { batch_id } = await insertBatch(pool, 'RUNNING', { created_at: at(-9_000) });
  for (let n = 0; n < 7; n++) await insertEvent(pool, 'TURBULENCE', { batch_id, at: at(-8_000), details: { n } });
  const places = async (query: string, limit: number) =>
    (await audit(`batch_id=${batch_id}&level=system${query}`, limit))
      .filter(({ details }) => details.n !== undefined)
      .map(({ details }) => details.n);
  for (const limit of [1, 2, 7]) {
    expect(await places('', limit)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await places('&order=desc', limit)).toEqual([6, 5, 4, 3, 2, 1, 0]);
  }
});

test('of a batch of commands: its own events and those of its commands, block by block', async () => {
  const { batch_id } = await insertBatch(pool, 'COMPLETED', {
    ...{ kind: 'command', process_type: null, process_version: null, total_count: 600, created_count: 600 },
    ...{ created_at: at(0), completed_at: at(60) },
  });
  await insertEvent(pool, 'BATCH_STARTED', { batch_id, at: at(-1) });
  await insertEvent(pool, 'BATCH_COMPLETED', { batch_id, at: at(60) });
  const of = { batch_id, process_id: null, purpose: 'standalone', step: null };
  for (let n = 0; n < 600; n++)
    await insertCommand(pool, n % 2 ? 'COMPLETED' : 'PENDING', { ...of, created_at: at(n % 7) });
  for (const limit of [7, 100]) {
    const events = await audit(`batch_id=${batch_id}`, limit);
    expect(events.filter(({ type }) => type === 'SENT')).toHaveLength(600);
    expect(new Set(events.map(({ command_id }) => command_id)).size).toBe(601);
    expect(events[0]).toMatchObject({ type: 'BATCH_STARTED', batch_kind: 'command' });
    expect(types(events)).toContain('BATCH_COMPLETED');
  }
  expect(types(await audit(`batch_id=${batch_id}&level=system`)).filter((type) => type.startsWith('BATCH'))).toEqual([
    'BATCH_STARTED',
    'BATCH_COMPLETED',
  ]);
});

test('a batch of commands that grows while it is read: each event once', async () => {
  const { batch_id } = await insertBatch(pool, 'RUNNING', {
    ...{ kind: 'command', process_type: null, process_version: null, total_count: 600, created_count: 600 },
    created_at: at(0),
  });
  const add = (command_id: string) =>
    insertCommand(pool, 'PENDING', {
      command_id,
      batch_id,
      process_id: null,
      purpose: 'standalone',
      step: null,
      created_at: at(1),
    });
  const idOf = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  for (let n = 0; n < 600; n++) await add(idOf(n * 10));
  const met: string[] = [];
  for (let cursor = '', page = 0; page === 0 || cursor !== ''; page++) {
    const answer = (await lab.get(`/audit?batch_id=${batch_id}&limit=100${cursor && `&cursor=${cursor}`}`)).json();
    met.push(...answer.items.map(({ command_id }: { command_id: string }) => command_id));
    cursor = answer.next_cursor ?? '';
    // Into the block that is being read, and into one that is still to come.
    if (page === 0) for (const n of [2_001, 5_001]) await add(idOf(n));
  }
  expect(met).toHaveLength(new Set(met).size);
  for (let n = 0; n < 600; n++) expect(met).toContain(idOf(n * 10));
  expect(met).toContain(idOf(5_001));
});

test('a long window, an unknown batch, and what it does not go with', async () => {
  const year = `from=${at(-3e7).toISOString()}&to=${at(0).toISOString()}`;
  expect((await lab.get(`/audit?${year}`)).statusCode).toBe(422);
  expect((await lab.get(`/audit?${year}&level=system`)).statusCode).toBe(200);
  expect((await lab.get(`/audit?batch_id=${newId()}&level=system`)).json()).toEqual({ items: [], next_cursor: null });
  const { next_cursor } = (await lab.get(`/audit?${window}&level=system&limit=1`)).json();
  const wrong = [
    `command_id=${newId()}&level=system`,
    'level=system',
    `${window}&level=process`,
    `${window}&order=desc`,
    `${window}&level=system&order=up`,
    `${window}&cursor=${next_cursor}`,
    `${window}&level=system&cursor=${Buffer.from('["audit_system",1]').toString('base64url')}`,
  ];
  for (const query of wrong) {
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
  const plans: string[] = [];
  const explaining = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      plans.push(JSON.stringify((await sized.query(`explain (format json) ${text}`, values)).rows));
      return { rows: [] };
    },
  } as unknown as Queryable;
  const now_us = Date.now() * 1_000;
  for (const batch_id of [null, newId()])
    for (const order of ['asc', 'desc'] as const)
      for (const after of [null, [now_us, 1, 1, newId(), 1] satisfies AuditPlace] as const)
        await readSystemAudit(
          explaining,
          { from_us: now_us - 86_400e6, to_us: now_us, batch_id },
          { after, limit: 100, order },
        );
  expect(plans).toHaveLength(8);
  for (const plan of plans) expect(plan).toContain('event_system');
});
