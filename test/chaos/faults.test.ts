// Each fault, each duration and each response through a real worker: what becomes of the command, and that it is marked.

import { describe, expect, test } from 'vitest';
import { openLab, work } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
await lab.work();
const { run } = lab;

describe('permanent', () => {
  test('goes to the troubleshooting queue at once, marked, without a handler', async () => {
    expect(await run(work({ fail_permanent_pct: 100 }))).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'PERMANENT',
      handled: false,
      attempts: [
        {
          outcome: 'permanent',
          effect: 'TSQ',
          error_code: 'CHAOS_PERMANENT',
          error_message: 'Chaos: a permanent failure.',
          fault: 'permanent',
        },
      ],
    });
  });

  test('takes its code and message from the behavior', async () => {
    const { attempts } = await run(
      work({ fail_permanent_pct: 100, error_code: 'BANK_CLOSED', error_message: 'Come back.' }),
    );
    expect(attempts).toMatchObject([{ error_code: 'BANK_CLOSED', error_message: 'Come back.', fault: 'permanent' }]);
  });

  test('falls back to its own code where error_code is null', async () => {
    const { attempts } = await run(
      work({ fail_permanent_pct: 100, error_code: null, error_message: 'Only a message.' }),
    );
    expect(attempts).toMatchObject([{ error_code: 'CHAOS_PERMANENT', error_message: 'Only a message.' }]);
  });
});

test('transient is retried, and exhausted in the end', async () => {
  const attempt = { outcome: 'transient', error_code: 'CHAOS_TRANSIENT', fault: 'transient' };
  expect(await run(work({ fail_transient_pct: 100 }))).toMatchObject({
    status: 'IN_TROUBLESHOOTING_QUEUE',
    park_reason: 'EXHAUSTED',
    handled: false,
    attempts: [
      { ...attempt, effect: 'RETRY' },
      { ...attempt, effect: 'TSQ' },
    ],
  });
});

test('a business rule fails at once, and the requester is told', async () => {
  const command = work({ fail_business_rule_pct: 100, error_code: 'LIMIT_EXCEEDED' }, { reply_to: 'lab__replies' });
  expect(await run(command)).toMatchObject({
    status: 'FAILED',
    park_reason: null,
    handled: false,
    attempts: [{ outcome: 'business_rule', effect: 'FAILED', error_code: 'LIMIT_EXCEEDED', fault: 'business_rule' }],
  });
  const { rows } = await pool.query('select queue, outcome, error_code from faultline.reply where command_id = $1', [
    command.command_id,
  ]);
  expect(rows).toEqual([{ queue: 'lab__replies', outcome: 'FAILED', error_code: 'LIMIT_EXCEEDED' }]);
});

test('the default code of a business rule', async () => {
  const { attempts } = await run(work({ fail_business_rule_pct: 100 }));
  expect(attempts).toMatchObject([
    { error_code: 'CHAOS_BUSINESS_RULE', error_message: 'Chaos: a business rule said no.' },
  ]);
});

describe('without a hit', () => {
  test('the handler runs as if chaos did not exist, and nothing is marked', async () => {
    expect(await run(work({ fail_permanent_pct: 0, timeout_pct: 0 }))).toMatchObject({
      status: 'COMPLETED',
      result: { n: 1 },
      handled: true,
      attempts: [{ outcome: 'success', fault: null, error_code: null }],
    });
  });

  test('a duration passes before the work', async () => {
    expect((await run(work({ min_duration_ms: 150 }))).attempt_ms).toBeGreaterThanOrEqual(150);
    const { attempt_ms } = await run(work({ min_duration_ms: 100, max_duration_ms: 200 }));
    expect(attempt_ms).toBeGreaterThanOrEqual(100);
  });
});

describe('a response', () => {
  const response_data = { verdict: 'odd', n: 2 };

  test('is merged over the result of the handler when asked for', async () => {
    const { result } = await run(work({ send_response: true, response_data }, { payload: { n: 1, kept: true } }));
    expect(result).toEqual({ n: 2, kept: true, verdict: 'odd' });
  });

  test('reaches the requester', async () => {
    const command = work({ send_response: true, response_data }, { reply_to: 'lab__replies' });
    await run(command);
    const { rows } = await pool.query('select outcome, result from faultline.reply where command_id = $1', [
      command.command_id,
    ]);
    expect(rows).toEqual([{ outcome: 'SUCCESS', result: { n: 2, verdict: 'odd' } }]);
  });

  test('is left out when not asked for, or when there is none', async () => {
    expect((await run(work({ response_data }))).result).toEqual({ n: 1 });
    expect((await run(work({ send_response: false, response_data }))).result).toEqual({ n: 1 });
    expect((await run(work({ send_response: true }))).result).toEqual({ n: 1 });
    expect((await run(work({ send_response: true, response_data: null, timeout_pct: 0 }))).result).toEqual({ n: 1 });
  });

  test('stands beside a result that is no object', async () => {
    const { result } = await run(work({ send_response: true, response_data }, { payload: [1, 2] }));
    expect(result).toEqual({ result: [1, 2], ...response_data });
  });
});
