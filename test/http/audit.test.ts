// The audit: every event in its place, from rows as the bus leaves them, and by key however large the tables are.

import { describe, expect, test } from 'vitest';
import type { CommandStatus } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { at, insertAttempt, insertBatch, insertCommand, insertEvent, insertProcess } from '../support/factories.ts';
import { type ReadEvent, readAudit, typesOf as types } from './audit-reader.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

const audit = (query: string, limit?: number) => readAudit(lab, query, limit);

describe('C18: of a command', () => {
  const outcomes: [string, { status: CommandStatus }, Record<string, unknown>, string[]][] = [
    ['success', { status: 'COMPLETED' }, { outcome: 'success', effect: 'COMPLETED' }, ['COMPLETED']],
    [
      'transient, to be retried',
      { status: 'PENDING' },
      { outcome: 'transient', effect: 'RETRY', retry_at: at(9), error_code: 'SLOW', error_message: 'Too slow.' },
      ['FAILED', 'RETRY_SCHEDULED'],
    ],
    [
      'transient, exhausted',
      { status: 'IN_TROUBLESHOOTING_QUEUE' },
      { outcome: 'transient', effect: 'TSQ', reason: 'EXHAUSTED' },
      ['FAILED', 'MOVED_TO_TSQ'],
    ],
    [
      'permanent',
      { status: 'IN_TROUBLESHOOTING_QUEUE' },
      { outcome: 'permanent', effect: 'TSQ', reason: 'PERMANENT' },
      ['MOVED_TO_TSQ'],
    ],
    ['business rule', { status: 'FAILED' }, { outcome: 'business_rule', effect: 'FAILED' }, ['BUSINESS_RULE_FAILED']],
    [
      'business rule of a compensation',
      { status: 'IN_TROUBLESHOOTING_QUEUE' },
      { outcome: 'business_rule', effect: 'TSQ', reason: 'COMPENSATION_FAILED' },
      ['BUSINESS_RULE_FAILED', 'MOVED_TO_TSQ'],
    ],
    [
      'lease expired',
      { status: 'PENDING' },
      { outcome: 'lease_expired', effect: 'RETRY', retry_at: at(5) },
      ['LEASE_EXPIRED', 'RETRY_SCHEDULED'],
    ],
    [
      'lease expired too often',
      { status: 'IN_TROUBLESHOOTING_QUEUE' },
      { outcome: 'lease_expired', effect: 'TSQ', reason: 'LEASE_EXPIRED' },
      ['LEASE_EXPIRED', 'MOVED_TO_TSQ'],
    ],
    ['released', { status: 'PENDING' }, { outcome: 'released', effect: 'RELEASED' }, ['RELEASED']],
  ];

  test.each(outcomes)('%s', async (_what, { status }, attempt, expected) => {
    const command = await insertCommand(pool, status, { attempts: 1 });
    await insertAttempt(pool, command, attempt);
    expect(types(await audit(`command_id=${command.command_id}`))).toEqual(['SENT', 'RECEIVED', ...expected]);
  });

  test('an injected fault stands where it struck and on what it caused, and nowhere else', async () => {
    const command = await insertCommand(pool, 'PENDING', { attempts: 1 });
    await insertAttempt(pool, command, { outcome: 'transient', effect: 'RETRY', retry_at: at(9), fault: 'transient' });
    const events = await audit(`command_id=${command.command_id}`);
    expect(events.map(({ type, fault }) => [type, fault])).toEqual([
      ['SENT', null],
      ['RECEIVED', null],
      ['CHAOS_INJECTED', 'transient'],
      ['FAILED', 'transient'],
      ['RETRY_SCHEDULED', 'transient'],
    ]);
    expect(events[4]?.details).toMatchObject({ retry_at: at(9).toISOString() });
  });

  test('an attempt under way is there before it has ended, its fault too', async () => {
    const running = await insertCommand(pool, 'IN_PROGRESS', { attempts: 2, attempt_started_at: at(20) });
    await insertAttempt(pool, running, { outcome: 'released', effect: 'RELEASED' });
    expect(types(await audit(`command_id=${running.command_id}`))).toEqual([
      'SENT',
      'RECEIVED',
      'RELEASED',
      'RECEIVED',
    ]);
    await pool.query(`update faultline.command set fault = 'timeout' where command_id = $1`, [running.command_id]);
    const events = await audit(`command_id=${running.command_id}`);
    expect(events.slice(3).map(({ type, attempt, fault }) => [type, attempt, fault])).toEqual([
      ['RECEIVED', 2, null],
      ['CHAOS_INJECTED', 2, 'timeout'],
    ]);
  });

  test('what was written down stands in its place, with who did it and why', async () => {
    const command = await insertCommand(pool, 'CANCELED', { attempts: 1 });
    const { command_id } = command;
    await insertAttempt(pool, command, { outcome: 'permanent', effect: 'TSQ', ended_at: at(5) });
    // At one instant: what the attempt came to, then what was refused, then what an operator did.
    await insertEvent(pool, 'OPERATOR_CANCEL', { command_id, at: at(5), attempt: 1, actor: 'ada', reason: 'wrong' });
    await insertEvent(pool, 'LATE_RESULT_DISCARDED', {
      command_id,
      at: at(5),
      attempt: 1,
      details: { outcome: 'success' },
    });
    const events = await audit(`command_id=${command_id}`);
    expect(types(events)).toEqual(['SENT', 'RECEIVED', 'MOVED_TO_TSQ', 'LATE_RESULT_DISCARDED', 'OPERATOR_CANCEL']);
    expect(events.slice(3).map(({ details }) => details)).toEqual([
      { outcome: 'success' },
      { actor: 'ada', reason: 'wrong' },
    ]);
  });

  test('an unknown one has none', async () => {
    expect(await audit(`command_id=${newId()}`)).toEqual([]);
  });
});

/** A process of three commands in which each reply sends the next command at one and the same instant. */
async function insertUndone(batch_id: string | null = null, ordinal = 0) {
  const process_id = newId();
  const of = { process_id, batch_id };
  const query = await insertCommand(pool, 'COMPLETED', { ...of, step: 'query', created_at: at(0) });
  const render = await insertCommand(pool, 'FAILED', { ...of, step: 'render', created_at: at(5) });
  const undo = await insertCommand(pool, 'COMPLETED', {
    ...of,
    step: 'query',
    purpose: 'compensation',
    created_at: at(8),
  });
  await insertAttempt(pool, query, { started_at: at(1), ended_at: at(5) });
  await insertAttempt(pool, render, {
    started_at: at(6),
    ended_at: at(8),
    outcome: 'business_rule',
    effect: 'FAILED',
    fault: 'business_rule',
  });
  await insertAttempt(pool, undo, { started_at: at(9), ended_at: at(10) });
  await insertEvent(pool, 'PROCESS_COMPENSATING', { ...of, at: at(8), reason: 'REFUSED' });
  const command_ids = [query, render, undo].map(({ command_id }) => command_id);
  await insertProcess(pool, 'COMPENSATED', {
    ...of,
    ordinal,
    command_ids,
    path: ['query', 'render'],
    completed_at: at(10),
  });
  return { process_id, command_ids };
}

const UNDONE = [
  'PROCESS_STARTED',
  'SENT query',
  'RECEIVED query',
  'COMPLETED query',
  'SENT render',
  'RECEIVED render',
  'CHAOS_INJECTED render',
  'BUSINESS_RULE_FAILED render',
  'PROCESS_COMPENSATING',
  'SENT query',
  'RECEIVED query',
  'COMPLETED query',
  'PROCESS_ENDED',
];
const told = (events: ReadEvent[]) => events.map(({ type, step }) => (step === null ? type : `${type} ${step}`));

describe('P04: of a process', () => {
  test('cause stands before effect, though both are of one instant', async () => {
    const { process_id } = await insertUndone();
    const events = await audit(`process_id=${process_id}`);
    expect(told(events)).toEqual(UNDONE);
    expect(new Set(events.map((event) => event.process_id))).toEqual(new Set([process_id]));
    expect(events.at(-1)?.details).toMatchObject({ status: 'COMPENSATED', error_code: 'REFUSED' });
  });

  test('pages meet within one instant', async () => {
    const { process_id } = await insertUndone();
    for (const limit of [1, 2, 3, 5]) expect(told(await audit(`process_id=${process_id}`, limit))).toEqual(UNDONE);
  });
});

describe('of a batch', async () => {
  const { batch_id } = await insertBatch(pool, 'COMPLETED', { total_count: 1_200, created_count: 1_200 });
  await insertEvent(pool, 'BATCH_STARTED', { batch_id, at: at(-1) });
  await insertEvent(pool, 'BATCH_COMPLETED', { batch_id, at: at(60) });
  for (const ordinal of [0, 1, 249, 250, 1_199]) await insertUndone(batch_id, ordinal);

  test('its own events around those of its processes, block by block, each in order of time', async () => {
    const events = await audit(`batch_id=${batch_id}`);
    expect(events).toHaveLength(2 + 5 * UNDONE.length);
    const first = events.slice(0, 2 + 3 * UNDONE.length);
    expect([first[0]?.type, first.at(-1)?.type]).toEqual(['BATCH_STARTED', 'BATCH_COMPLETED']);
    const times = first.map((event) => event.at);
    expect(times).toEqual([...times].sort());
    expect(told(events.slice(first.length, first.length + UNDONE.length))).toEqual(UNDONE);
    expect(told(events.slice(first.length + UNDONE.length))).toEqual(UNDONE);
  });

  test('the same, however it is cut into pages', async () => {
    const whole = await audit(`batch_id=${batch_id}`);
    for (const limit of [1, 4, 41, 42, 67]) expect(await audit(`batch_id=${batch_id}`, limit)).toEqual(whole);
  });

  test('a batch that does not begin at 0, from its first process on and with its own events', async () => {
    for (const [first_ordinal, count] of [
      [777, 1],
      [249, 2],
      [99_000, 600],
    ] as const) {
      const places = { first_ordinal, total_count: count, created_count: count };
      const again = await insertBatch(pool, 'COMPLETED', places);
      await insertEvent(pool, 'BATCH_STARTED', { batch_id: again.batch_id, at: at(-1) });
      for (const ordinal of [first_ordinal, first_ordinal + count - 1].slice(0, count))
        await insertUndone(again.batch_id, ordinal);
      const whole = await audit(`batch_id=${again.batch_id}`);
      expect(whole).toHaveLength(1 + Math.min(2, count) * UNDONE.length);
      expect(whole[0]?.type).toBe('BATCH_STARTED');
      expect(await audit(`batch_id=${again.batch_id}`, 7)).toEqual(whole);
    }
  });

  test('a large batch of which nothing is created yet is read to its end', async () => {
    const empty = await insertBatch(pool, 'CREATING', { total_count: 100_000 });
    await insertEvent(pool, 'BATCH_STARTED', { batch_id: empty.batch_id, at: at(0) });
    expect(types(await audit(`batch_id=${empty.batch_id}`))).toEqual(['BATCH_STARTED']);
  });
});

describe('of a window', () => {
  const from = at(10_000);
  const window = `from=${from.toISOString()}&to=${at(10_000 + 20_000).toISOString()}`;

  test('what attempts came to and what was written down, in order, across quiet and busy times', async () => {
    const command = await insertCommand(pool, 'COMPLETED');
    const expected: string[] = [];
    // Three busy moments, hours apart, each with many attempts at the same instant.
    let attempt = 0;
    for (const second of [10_000, 10_000.001, 14_000, 29_999.999]) {
      for (let n = 0; n < 7; n++) {
        attempt += 1;
        await insertAttempt(pool, command, {
          attempt,
          started_at: at(0),
          ended_at: at(second),
          outcome: 'transient',
          effect: 'RETRY',
        });
        expected.push(`${attempt} FAILED`, `${attempt} RETRY_SCHEDULED`);
      }
    }
    await insertAttempt(pool, command, { attempt: 100, ended_at: at(9_999.999) });
    await insertAttempt(pool, command, { attempt: 101, ended_at: at(30_000) });
    await insertEvent(pool, 'BATCH_AT_REST', { at: at(20_000) });
    expected.splice(42, 0, 'null BATCH_AT_REST');
    for (const limit of [1, 5, 14, 100]) {
      const events = await audit(window, limit);
      expect(events.map((event) => `${event.attempt} ${event.type}`)).toEqual(expected);
    }
  });
});

describe('by key, whatever the size', async () => {
  const sizes: ['empty' | 'fresh' | 'large', number][] = [
    ['empty', 0],
    ['fresh', 2_000],
    ['large', 30_000],
  ];
  const statements = (command_id: string, process_id: string, batch_id: string): [string, string][] => [
    ['the audit of a command', `select * from faultline.audit where command_id = '${command_id}'`],
    ['the audit of a process', `select * from faultline.process_audit where of_process_id = '${process_id}'`],
    [
      'a block of a batch',
      `select * from faultline.process_audit where of_batch_id = '${batch_id}' and of_ordinal >= 0 and of_ordinal < 100`,
    ],
    ['the steps of a process', `select * from faultline.process_step where process_id = '${process_id}'`],
  ];

  test.each(sizes)('no table of commands or attempts is read whole: %s', async (size, count) => {
    const { pool: sized } = (await openLab()).database;
    const { batch_id } = await insertBatch(sized, 'RUNNING');
    await sized.query(
      `with p as (insert into faultline.process (process_id, lane, batch_id, ordinal, process_type, version, domain, status, state, path,
           command_ids, created_at, updated_at)
         select gen_random_uuid(), 0, $1, n, 'StatementReport', 1, 'reporting', 'WAITING_FOR_REPLY', '{}', '{query}',
           array[gen_random_uuid()], now(), now() from generate_series(1, $2::int) n
         returning process_id, command_ids[1] as command_id),
       c as (insert into faultline.command (command_id, lane, domain, type, purpose, attempts_limit, max_attempts, lease_ms, backoff_ms,
           available_at, created_at, process_id, batch_id)
         select command_id, 0, 'reporting', 'StatementQuery', 'step', 3, 3, 1000, '{1}', now(), now(), process_id, $1 from p)
       insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, purpose)
       select command_id, 0, 1, command_id, now(), now(), 'success', 'COMPLETED', 'step' from p`,
      [batch_id, count],
    );
    if (size === 'large') await sized.query('analyze faultline.process, faultline.command, faultline.attempt');
    const { rows } = await sized.query(
      'select process_id, command_ids[1] as command_id from faultline.process limit 1',
    );
    const { command_id, process_id } = rows[0] ?? { command_id: newId(), process_id: newId() };
    for (const [what, statement] of statements(command_id, process_id, batch_id)) {
      const plan = await sized.query(`explain (format json) ${statement}`);
      const text = JSON.stringify(plan.rows);
      const scanned = [
        ...text.matchAll(
          /"Seq Scan","Parallel Aware":\w+,"Async Capable":\w+,"Relation Name":"(command|attempt|process)"/g,
        ),
      ];
      // An empty table is cheaper to read whole than to look into an index.
      if (count > 0)
        expect(
          scanned.map((match) => match[1]),
          what,
        ).toEqual([]);
    }
  });
});
