// Faults that lose an attempt while its handler works: the crash and the lost acknowledgement. Nothing of it is ever settled.

import { beforeEach, describe, expect, test } from 'vitest';
import type { HandlerContext, OutgoingCommand } from '../../src/bus/handlers.ts';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { BusinessRuleError } from '../../src/model/errors.ts';
import { signal, until } from '../support/until.ts';
import { DOMAIN, openLab, work } from './lab.ts';

let handle: (payload: unknown, context: HandlerContext) => unknown = (payload) => payload;
let calls = 0;
let crashes = 0;
const lab = await openLab({
  handler: (payload, context) => {
    calls++;
    return handle(payload, context);
  },
  crash: () => {
    crashes++;
  },
});
const { pool } = lab.database;
const worker = await lab.work({ slots: 1 });

beforeEach(() => {
  calls = 0;
  crashes = 0;
});

const policy = { max_attempts: 2, backoff_ms: [0], lease_ms: 500 };
const lossy = (fault: 'crash' | 'lost_ack', fields: Partial<OutgoingCommand> = {}, behavior: object = {}) =>
  work({ [`${fault}_pct`]: 100, ...behavior }, { policy, ...fields });

/** As the worker says of itself, every two seconds. */
const counted = (hanging: number, in_flight: number) =>
  until(`the worker counts ${hanging} hanging and ${in_flight} in flight`, async () => {
    const { rows } = await pool.query('select hanging, in_flight from faultline.worker where worker_id = $1', [
      worker.worker_id,
    ]);
    return rows[0]?.hanging === hanging && rows[0].in_flight === in_flight;
  });

describe.each(['crash', 'lost_ack'] as const)('%s', (fault) => {
  const expired = {
    outcome: 'lease_expired',
    error_code: 'TIMED_OUT',
    error_message: `The lease expired under an injected fault: ${fault}.`,
    fault,
  };
  const exhausted = {
    status: 'IN_TROUBLESHOOTING_QUEUE',
    park_reason: 'EXHAUSTED',
    interruptions: 0,
    fault,
    attempts: [
      { ...expired, effect: 'RETRY' },
      { ...expired, effect: 'TSQ' },
    ],
    discarded: 0,
  };

  test.each([
    ['succeeds', () => 'done'],
    ['fails', () => Promise.reject(new BusinessRuleError('NO_MONEY', 'None.'))],
    [
      'throws at once',
      () => {
        throw new Error('oops');
      },
    ],
  ])('the work of a handler that %s is lost with its lease, and done again', async (_, handler) => {
    handle = handler;
    expect(await lab.run(lossy(fault))).toMatchObject(exhausted);
    expect(calls).toBe(2);
    expect(crashes).toBe(fault === 'crash' ? 2 : 0);
    await counted(0, 0);
  });

  test('is marked before it happens', async () => {
    const marks: unknown[] = [];
    handle = async (_payload, { command }) => void marks.push((await lab.look(command)).fault);
    await lab.run(lossy(fault));
    expect(marks).toEqual([fault, fault]);
  });

  test('comes after the delay', async () => {
    handle = () => 'done';
    const command = lossy(fault, {}, { min_duration_ms: 200 });
    await lab.send(command);
    const ms = await until('its handler is called', async () => {
      const { rows } = await pool.query<{ ms: number }>(
        `select extract(epoch from now() - attempt_started_at)::float8 * 1000 as ms from faultline.command where command_id = $1`,
        [command.command_id],
      );
      return calls === 1 && rows[0]?.ms;
    });
    expect(ms).toBeGreaterThanOrEqual(199);
    await until('it is parked', async () => (await lab.look(command)).status === 'IN_TROUBLESHOOTING_QUEUE');
  });
});

test('a handler whose acknowledgement will be lost works under a lease that is renewed', async () => {
  const renewed = signal('its lease was renewed');
  handle = () => renewed.promise;
  const command = lossy('lost_ack', { policy: { ...policy, max_attempts: 1 } });
  await lab.send(command);
  await until('its lease is far longer than it was given', async () => {
    const { rows } = await pool.query(
      `select 1 from faultline.command where command_id = $1 and status = 'IN_PROGRESS' and attempts = 1
         and lease_expires_at > attempt_started_at + 3 * lease_ms * interval '1 millisecond'`,
      [command.command_id],
    );
    return rows.length === 1;
  });
  renewed.fire();
  await until('it is parked', async () => (await lab.look(command)).status === 'IN_TROUBLESHOOTING_QUEUE');
  expect(calls).toBe(1);
  expect(await lab.look(command)).toMatchObject({ attempts: [{ fault: 'lost_ack' }], discarded: 0 });
});

describe('an effect that came after its lease was lost is told, so that it can be undone', () => {
  test.each(['crash', 'lost_ack'] as const)('%s', async (fault) => {
    const end = signal('the handler may end');
    handle = () => end.promise;
    const command = lossy(fault, { policy: { max_attempts: 1, backoff_ms: [0], lease_ms: 600_000 } });
    await lab.send(command);
    await until('its handler works', () => calls === 1);
    await cancelCommand(lab.service.bus, command.command_id, { reason: 'enough', actor: 'ada' });
    expect(await lab.look(command)).toMatchObject({ status: 'CANCELED', discarded: 0 });
    end.fire();
    const late = await until('it is told', async () => {
      const seen = await lab.look(command);
      return seen.discarded > 0 && seen;
    });
    expect(late).toMatchObject({ status: 'CANCELED', result: null, discarded: 1, attempts: [{ outcome: 'canceled' }] });
  });
});

describe('a crashed attempt', () => {
  const long = { max_attempts: 1, backoff_ms: [0], lease_ms: 600_000 };

  test('has begun when its worker dies: its first steps are done', async () => {
    const steps: string[] = [];
    handle = async () => {
      steps.push(`sync, ${crashes} crashes`);
      await null;
      steps.push(`first await, ${crashes} crashes`);
    };
    await lab.run(lossy('crash', { policy: { ...policy, max_attempts: 1 } }));
    expect([steps, crashes]).toEqual([['sync, 0 crashes', 'first await, 0 crashes'], 1]);
  });

  test('holds no slot while its handler still works, and leaves nothing behind when that ends', async () => {
    const end = signal('the handler may end');
    const { signal: told } = await new Promise<HandlerContext>((begun) => {
      handle = (_payload, context) => {
        begun(context);
        return end.promise.then(() => Promise.reject(new Error('discarded')));
      };
      void lab.send(lossy('crash', { policy: long }));
    });
    await counted(1, 0);
    expect(told.aborted).toBe(false);
    handle = () => 'done';
    expect(await lab.run(work(null))).toMatchObject({ status: 'COMPLETED', result: 'done' });
    end.fire();
    await counted(0, 0);
  });

  test('whose handler waits for its signal is ended with its lease', async () => {
    const reasons: unknown[] = [];
    handle = (_payload, { signal: told }) =>
      new Promise((_, reject) =>
        told.addEventListener('abort', () => {
          reasons.push((told.reason as Error).message);
          reject(told.reason);
        }),
      );
    const command = lossy('crash', { policy: { ...policy, max_attempts: 1 } });
    await lab.send(command);
    await until('its handler was told', () => reasons.length > 0);
    expect(reasons).toEqual(['The lease expired.']);
    await until('it is parked', async () => (await lab.look(command)).status === 'IN_TROUBLESHOOTING_QUEUE');
    await counted(0, 0);
    // Told to stop and stopped: nothing of it came late.
    expect(await lab.look(command)).toMatchObject({
      attempts: [{ outcome: 'lease_expired', fault: 'crash' }],
      discarded: 0,
    });
  });

  test('whose handler works is ended when its worker stops', async () => {
    const other = await lab.work({ domains: [DOMAIN] });
    await worker.stop();
    const told = signal<string>('its handler was told');
    handle = (_payload, context) =>
      new Promise(() => {
        context.signal.addEventListener('abort', () => told.fire((context.signal.reason as Error).message));
      });
    const command = lossy('crash', { policy: long });
    await lab.send(command);
    await until('its handler works', () => calls === 1);
    await other.stop();
    expect(await told.promise).toBe('The worker is stopping.');
    expect(await lab.look(command)).toMatchObject({ status: 'IN_PROGRESS', fault: 'crash', attempts: [] });
  });
});
