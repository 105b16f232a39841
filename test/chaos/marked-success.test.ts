// Faults under which the work is done: delivered twice, or answered with nonsense. The attempt succeeds, and the mark tells.

import { hash } from 'node:crypto';
import { defineProcess } from 'faultline';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { signal, until } from '../support/until.ts';
import { DOMAIN, openLab, work } from './lab.ts';

/** A process that reads what it is told. */
const billing = defineProcess({
  type: 'Billing',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({}),
  state: z.looseObject({ cents: z.number().nullable() }),
  start: () => ({ cents: null }),
  steps: [
    {
      key: 'sum',
      command: 'Sum',
      request: () => ({}),
      onReply: (state, { result }) => ({ ...state, ...z.object({ cents: z.number() }).parse(result) }),
    },
  ],
});

let handle: (payload: unknown) => unknown = (payload) => payload;
let sums = 0;
const lab = await openLab({
  handler: (payload) => handle(payload),
  handlers: { Sum: () => ({ cents: ++sums }) },
  processes: [billing],
});
await lab.work();
const { pool } = lab.database;

describe('a duplicate', () => {
  const twice = (fields: object = {}) => lab.run(work({ duplicate_pct: 100, ...fields }));

  /** Handlers that wait for one another: were they called one after the other, neither would end. */
  function together(answers: ((call: number) => unknown)[]): () => number {
    const both = signal('both are called');
    let calls = 0;
    handle = async () => {
      const call = calls++;
      if (calls === 2) both.fire();
      await both.promise;
      return answers[call]?.(call);
    };
    return () => calls;
  }

  test('is two calls at once, of which the first one answers', async () => {
    const calls = together([() => 'first', () => 'second']);
    expect(await twice()).toMatchObject({
      status: 'COMPLETED',
      result: 'first',
      fault: 'duplicate',
      attempts: [{ outcome: 'success', effect: 'COMPLETED', error_code: null, fault: 'duplicate' }],
      discarded: 0,
    });
    expect(calls()).toBe(2);
  });

  test('is as real a failure as any where the first one fails', async () => {
    together([() => Promise.reject(new PermanentCommandError('NO_ACCOUNT', 'There is none.')), () => 'second']);
    expect(await twice()).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      attempts: [{ outcome: 'permanent', error_code: 'NO_ACCOUNT', fault: null }],
    });
  });

  test('that fails where the first one does not is of no consequence', async () => {
    together([() => 'first', () => Promise.reject(new BusinessRuleError('TWICE', 'It was paid before.'))]);
    expect(await twice()).toMatchObject({ status: 'COMPLETED', result: 'first', fault: 'duplicate' });
  });

  test('has a payload of its own', async () => {
    const seen: unknown[] = [];
    handle = (payload) => {
      seen.push(structuredClone(payload));
      (payload as { n: number }).n++;
    };
    await twice();
    expect(seen).toEqual([{ n: 1 }, { n: 1 }]);
  });

  test('whose result cannot be stored is parked as a real failure', async () => {
    handle = () => 'a\0b';
    expect(await twice()).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      fault: null,
      attempts: [{ outcome: 'permanent', error_code: 'RESULT_NOT_STORABLE', fault: null }],
    });
  });

  test('is delayed, and answers with the response that is asked for', async () => {
    handle = () => ({ n: 1 });
    const { result, attempt_ms } = await twice({
      min_duration_ms: 150,
      send_response: true,
      response_data: { more: true },
    });
    expect(result).toEqual({ n: 1, more: true });
    expect(attempt_ms).toBeGreaterThanOrEqual(149);
  });
});

describe('a corrupt reply', () => {
  test('is a text in place of the result, the same for the same roll, and no response is merged over it', async () => {
    let calls = 0;
    handle = () => ({ call: ++calls });
    const command = work({ corrupt_reply_pct: 100, send_response: true, response_data: { merged: true } });
    const { command_id: id } = command;
    const text = `corrupt reply ${hash('sha256', `${id}:${id}:Work:1:corrupt_reply`, 'hex').slice(0, 8)}`;
    expect(await lab.run(command)).toMatchObject({
      status: 'COMPLETED',
      result: text,
      fault: 'corrupt_reply',
      attempts: [{ outcome: 'success', effect: 'COMPLETED', error_code: null, fault: 'corrupt_reply' }],
    });
    expect(calls).toBe(1);
  });

  test('is none where the handler fails of itself', async () => {
    handle = () => {
      throw new BusinessRuleError('NO_MONEY', 'None.');
    };
    expect(await lab.run(work({ corrupt_reply_pct: 100 }))).toMatchObject({
      status: 'FAILED',
      attempts: [{ outcome: 'business_rule', error_code: 'NO_MONEY', fault: null }],
    });
  });

  test('over which a process stumbles leaves the command completed and the process to an operator', async () => {
    const { batch_id } = await launchBatch(lab.service.bus, {
      definition: billing,
      count: 1,
      input: {},
      seed: 'gibberish',
      behavior: { sum: { corrupt_reply_pct: 100 } },
    });
    const text = `corrupt reply ${hash('sha256', 'gibberish:0:sum:1:corrupt_reply', 'hex').slice(0, 8)}`;
    const seen = await until('the process waits for an operator', async () => {
      const { rows } = await pool.query(
        `select p.status, p.error_code, p.state -> 'cents' as cents, c.status as command_status, c.result, a.outcome, a.fault
         from faultline.process p join faultline.command c using (process_id) join faultline.attempt a using (command_id)
         where p.batch_id = $1 and p.status = 'WAITING_FOR_TSQ'`,
        [batch_id],
      );
      return rows.length > 0 && rows;
    });
    expect(seen).toEqual([
      {
        status: 'WAITING_FOR_TSQ',
        error_code: 'ADVANCE_FAILED',
        cents: null,
        command_status: 'COMPLETED',
        result: text,
        outcome: 'success',
        fault: 'corrupt_reply',
      },
    ]);
    expect(sums).toBe(1);
  });
});
