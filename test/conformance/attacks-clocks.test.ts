// Clocks that go wrong: twice as fast, half as fast, by leaps, and wall clocks that are hours off. Leases are the database's, so
// whatever a worker believes, no attempt is settled by two, and none that it was right to abort is settled at all.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { RunningAttempt, RunningAttempts } from '../../src/bus/running.ts';
import { createEnv, type Env, silentLogger } from '../../src/model/env.ts';
import { commands, countOf, expectSettledOnce, openLab, policy } from '../bus/lab.ts';
import { createDraw } from '../support/random.ts';
import { until } from '../support/until.ts';

const real = createEnv(silentLogger);
const began_ms = real.monotonicMs();
const draw = createDraw();
const since = () => real.monotonicMs() - began_ms;

const CLOCKS: [string, Partial<Env>][] = [
  ['twice as fast', { monotonicMs: () => since() * 2 }],
  ['half as fast', { monotonicMs: () => since() / 2 }],
  ['by leaps of ten seconds', { monotonicMs: () => Math.floor(since() / 70) * 10_000 }],
  ['standing still', { monotonicMs: () => 0 }],
];

afterEach(() => {
  vi.useRealTimers();
});

/** Attempts are held until they were aborted or their lease was lost on the database's clock, or are done at once. */
const slowly =
  (hold: (signal: AbortSignal) => Promise<void>) =>
  async (_payload: unknown, context: { signal: AbortSignal; command: { attempts: number } }) => {
    if (context.command.attempts === 1) await hold(context.signal);
    return 'done';
  };

describe.each(CLOCKS)('a worker whose clock goes %s', (_what, env) => {
  test('beside one whose clock is right: everything is settled once', { timeout: 40_000 }, async () => {
    const COUNT = 200;
    const work = slowly(
      (signal) =>
        new Promise((done) => {
          const timer = real.after(100 + draw() * 900, done);
          signal.addEventListener(
            'abort',
            () => {
              timer.clear();
              done();
            },
            { once: true },
          );
        }),
    );
    const lab = await openLab({ handler: work as never, env });
    const right = await lab.openAnother({ handler: work as never });
    await lab.send(...commands(COUNT, { reply_to: 'asked', ...policy({ lease_ms: 500, max_attempts: 50 }) }));
    await lab.work({ slots: 60 });
    const other = right.createWorker({ slots: 60, poll_ms: 50, drain_ms: 0 });
    await other.start();
    await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === COUNT, { deadline_ms: 30_000 });
    await other.stop();
    const [row] = await lab.rows(
      `select count(*) from faultline.command c where (select count(*) from faultline.attempt a
         where a.command_id = c.command_id and a.effect = 'COMPLETED') <> 1
       or (select count(*) from faultline.reply r where r.command_id = c.command_id) <> 1
       or (select count(*) from faultline.attempt a where a.command_id = c.command_id) <> c.attempts`,
    );
    expect(row).toEqual({ count: 0 });
    const overlaps = await lab.rows(
      `select 1 from faultline.attempt a join faultline.attempt b on b.command_id = a.command_id and b.attempt = a.attempt + 1
       where b.started_at < a.ended_at`,
    );
    expect(overlaps).toEqual([]);
  });
});

test('a wall clock that is hours off, forwards or backwards, changes nothing that is stored', async () => {
  const lab = await openLab({ handler: () => 'done' });
  const send = () => lab.send(...commands(50, { reply_to: 'asked', delay_ms: 20 }));
  await lab.work();
  for (const hours of [9, -9]) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
    await send();
    vi.useRealTimers();
  }
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 100);
  await expectSettledOnce(lab, 100);
  const wrong = await lab.rows(
    `select 1 from faultline.command c join faultline.attempt a using (command_id)
     where least(c.created_at, c.available_at, c.settled_at, a.started_at, a.ended_at) < now() - interval '1 hour'
        or greatest(c.created_at, c.available_at, c.settled_at, a.started_at, a.ended_at) > now()`,
  );
  expect(wrong).toEqual([]);
});

test('a lease is believed from before the claim was sent, so that a slow answer makes it shorter and never longer', async () => {
  let now = 0;
  const lab = await openLab({ env: { monotonicMs: () => now } });
  await lab.send(...commands(1, policy({ lease_ms: 10_000 })));
  const claimed_at_ms = now;
  const [command] = await lab.claim(1);
  if (command === undefined) throw new Error('Nothing was claimed.');
  // The answer took nine of ten seconds.
  now += 9_000;
  const running = new RunningAttempts(lab.bus);
  const attempt = new RunningAttempt(command, claimed_at_ms);
  running.add(attempt);
  expect(attempt.lease_ends_at_ms).toBe(10_000);
  now += 1_000;
  running.abortOverdue();
  expect(attempt.aborted).toBe(true);
  const [row] = await lab.rows('select lease_expires_at > now() as held from faultline.command');
  expect(row).toEqual({ held: true });
});
