// Reaping: what no one settled comes back at once, poison ends, and an injected timeout is a failure like any other.

import { describe, expect, test } from 'vitest';
import type { CommandTransition } from '../../src/bus/handlers.ts';
import { type BackingOff, reapExpired } from '../../src/bus/reap.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { expireWorkerLeases } from '../../src/db/queries/claims.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { MAX_LEASE_LOSSES } from '../../src/model/retry.ts';
import { until } from '../support/until.ts';
import { command, commands, countOf, item, type Lab, openLab, policy } from './lab.ts';

/** Claims the one command there is and lets its lease run out. */
async function loseLease(lab: Lab, fault: string | null = null): Promise<ClaimedCommand> {
  // From the third time on it is not due at once.
  await lab.rows(`update faultline.command set available_at = now() where interruptions > 2 and status = 'PENDING'`);
  const [claimed] = await lab.claim(1);
  if (claimed === undefined) throw new Error('There was nothing to claim.');
  if (fault) await lab.rows('update faultline.command set fault = $1', [fault]);
  await lab.expire(claimed.command_id);
  expect(await reapExpired(lab.bus, 0)).toBe(1);
  return claimed;
}

describe('a lease that ran out by no fault of chaos', () => {
  test('is an interruption: redelivered at once, one attempt more', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command(policy({ max_attempts: 2, backoff_ms: [600_000] })));
    const claimed = await loseLease(lab);
    expect(await lab.commandOf(id)).toMatchObject({
      status: 'PENDING',
      attempts: 1,
      attempts_limit: 3,
      interruptions: 1,
      lease_expires_at: null,
      error_code: 'LEASE_EXPIRED',
    });
    const [attempt] = await lab.attemptsOf(id);
    expect(attempt).toMatchObject({
      attempt: 1,
      claim_id: claimed.claim_id,
      outcome: 'lease_expired',
      effect: 'RETRY',
      error_code: 'LEASE_EXPIRED',
      fault: null,
    });
    expect(attempt?.retry_at).toEqual(attempt?.ended_at);
  });

  test('comes back ten times and no more, then it is poison', async () => {
    const told: string[] = [];
    const lab = await openLab({
      hooks: {
        onTransitions: async (_tx, transitions: readonly CommandTransition[]) => {
          told.push(...transitions.map((t) => (t.kind === 'parked' ? `parked ${t.error_code}` : t.kind)));
          return new Set<string>();
        },
      },
    });
    const [id = ''] = await lab.send(command({ reply_to: 'asked', ...policy({ max_attempts: 1 }) }));
    for (let n = 1; n <= MAX_LEASE_LOSSES; n++) {
      await loseLease(lab);
      expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', attempts: n, interruptions: n });
    }
    expect(told).toEqual([]);
    await loseLease(lab);
    expect(await lab.commandOf(id)).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'LEASE_EXPIRED',
      error_code: 'LEASE_EXPIRED',
      attempts: MAX_LEASE_LOSSES + 1,
      parked_at: expect.any(Date),
    });
    expect(told).toEqual(['parked LEASE_EXPIRED']);
    expect((await lab.attemptsOf(id)).map(({ effect }) => effect)).toEqual([
      ...Array(MAX_LEASE_LOSSES).fill('RETRY'),
      'TSQ',
    ]);
    expect(await lab.repliesOf(id)).toEqual([]);

    // An operator's retry begins a new count.
    await retryCommand(lab.bus, id, { actor: 'ada' });
    for (let n = 1; n <= MAX_LEASE_LOSSES; n++) await loseLease(lab);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', interruptions: MAX_LEASE_LOSSES });
    await loseLease(lab);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
  });

  test('takes no failure away and moves no round on', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command(policy({ max_attempts: 2, backoff_ms: [1_000, 2_000] })));
    const fail = async () => {
      await lab.rows('update faultline.command set available_at = now()');
      const [claimed] = (await lab.claim(1)) as [ClaimedCommand];
      await settleSet(lab.bus, [item(claimed, { kind: 'transient', error_code: 'BUSY' })]);
    };
    await loseLease(lab);
    await loseLease(lab);
    await fail();
    const failed = (await lab.attemptsOf(id)).at(-1);
    expect(Number(failed?.retry_at) - Number(failed?.ended_at)).toBe(1_000);
    await lab.rows('update faultline.command set available_at = now()');
    await loseLease(lab);
    await fail();
    expect(await lab.commandOf(id)).toMatchObject({ park_reason: 'EXHAUSTED', attempts: 5, attempts_limit: 5 });
  });

  test('work of Faultline itself is never given up', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command({ purpose: 'chunk', ...policy({ max_attempts: 1 }) }));
    for (let n = 0; n < MAX_LEASE_LOSSES + 3; n++) await loseLease(lab);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', attempts: MAX_LEASE_LOSSES + 3 });
  });
});

test('a lease that ran out under an injected timeout counts as an attempt, with backoff, until exhausted', async () => {
  const lab = await openLab();
  const [id = ''] = await lab.send(command(policy({ max_attempts: 2, backoff_ms: [30_000] })));
  await loseLease(lab, 'timeout');
  const [first] = await lab.attemptsOf(id);
  expect(first).toMatchObject({ outcome: 'lease_expired', effect: 'RETRY', error_code: 'TIMED_OUT', fault: 'timeout' });
  expect(Number(first?.retry_at) - Number(first?.ended_at)).toBe(30_000);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', attempts_limit: 2, interruptions: 0 });

  await lab.rows('update faultline.command set available_at = now()');
  await loseLease(lab, 'timeout');
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'IN_TROUBLESHOOTING_QUEUE',
    park_reason: 'EXHAUSTED',
    error_code: 'TIMED_OUT',
    attempts: 2,
  });
  expect((await lab.attemptsOf(id))[1]).toMatchObject({ attempt: 2, effect: 'TSQ', fault: 'timeout' });
});

test('a marked command is no one’s to settle: its lease has to run out', async () => {
  const lab = await openLab();
  const [id = ''] = await lab.send(command());
  const [claimed] = (await lab.claim(1)) as [ClaimedCommand];
  await lab.rows(`update faultline.command set fault = 'timeout'`);
  expect(await settleSet(lab.bus, [item(claimed, { kind: 'success' })])).toEqual([]);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_PROGRESS', fault: 'timeout' });
});

test('two reapers at the same time reap each lease once', async () => {
  const lab = await openLab();
  const sent = await lab.send(...commands(60));
  await lab.claim(60);
  await lab.expire(...sent.slice(0, 40));
  const reaping = lab.hold('in_reap');
  const first = reapExpired(lab.bus, 0);
  await reaping.reached;
  await lab.expire(...sent.slice(40));
  expect(await reapExpired(lab.bus, 0)).toBe(20);
  reaping.release();
  expect(await first).toBe(40);
  expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(60);
  expect(await lab.rows('select 1 from faultline.command where attempts_limit <> 4')).toEqual([]);
  expect(await reapExpired(lab.bus, 0)).toBe(0);
});

test('a lease that was renewed in time is not reaped', async () => {
  const lab = await openLab();
  const [id = ''] = await lab.send(command());
  await lab.claim();
  expect(await reapExpired(lab.bus, 0)).toBe(0);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_PROGRESS' });
});

test('a reap that fails takes nothing with it, and the next one does all of it', async () => {
  const lab = await openLab();
  const sent = await lab.send(...commands(5));
  await lab.claim();
  await lab.expire(...sent);
  const stop = lab.on('in_reap', () => {
    throw new Error('not this time');
  });
  expect(await reapExpired(lab.bus, 0)).toBe(5);
  expect(await lab.rows('select 1 from faultline.attempt')).toEqual([]);
  stop();
  expect(await reapExpired(lab.bus, 0)).toBe(5);
  expect(await countOf(lab, 'PENDING')).toBe(5);
});

describe('C10: one of a set that cannot be settled', () => {
  /** Expired attempts of commands with one attempt and an injected timeout: each is parked, and the hook hears of each. */
  async function openExpired(refuse: (kind: string, command_id: string) => void, count = 7) {
    const lab = await openLab({
      hooks: {
        onTransitions: async (_tx, transitions) => {
          for (const { kind, command } of transitions) refuse(kind, command.command_id);
          return new Set();
        },
      },
    });
    const sent = await lab.send(...commands(count, policy({ max_attempts: 1 })));
    await lab.claim();
    await lab.rows(`update faultline.command set fault = 'timeout'`);
    await lab.expire(...sent);
    return { lab, sent };
  }

  test('because of its data is parked RESULT_NOT_STORABLE, and the others are settled as they would be', async () => {
    let bad = '';
    let met = 0;
    const badData = () => Object.assign(new Error('no such thing'), { code: '23514' });
    const { lab, sent } = await openExpired((_kind, command_id) => {
      // Once with the whole set, in three halves, and alone; then as it is parked for it.
      if (command_id === bad && ++met <= 4) throw badData();
    });
    bad = sent[4] ?? '';
    await reapExpired(lab.bus, 0);
    const reasons = await lab.rows(
      'select command_id, park_reason, error_code from faultline.command where park_reason is not null',
    );
    const of = (id: string | undefined) => reasons.find(({ command_id }) => command_id === id);
    for (const id of sent) {
      const expected = id === bad ? ['RESULT_NOT_STORABLE', 'RESULT_NOT_STORABLE'] : ['EXHAUSTED', 'TIMED_OUT'];
      expect([of(id)?.park_reason, of(id)?.error_code]).toEqual(expected);
    }
    expect(await lab.attemptsOf(bad)).toMatchObject([{ attempt: 1, outcome: 'lease_expired', fault: 'timeout' }]);
  });

  test('in any way is left alone for a while, and then tried again', async () => {
    let bad = '';
    let clock_ms = 0;
    const { lab, sent } = await openExpired((_kind, command_id) => {
      if (command_id === bad) throw new Error('the hook is broken');
    });
    lab.bus.env.monotonicMs = () => clock_ms;
    [bad = ''] = sent;
    const backingOff: BackingOff = new Map();
    expect(await reapExpired(lab.bus, 0, backingOff)).toBe(7);
    expect(await countOf(lab, 'IN_TROUBLESHOOTING_QUEUE')).toBe(6);
    // Not even looked at, until its time has come.
    expect(await reapExpired(lab.bus, 0, backingOff)).toBe(0);
    for (let round = 0; round < 8; round++) {
      clock_ms += 60_001;
      expect(await reapExpired(lab.bus, 0, backingOff)).toBe(1);
      expect(await lab.commandOf(bad)).toMatchObject({ status: 'IN_PROGRESS' });
    }
    [bad, clock_ms] = ['', clock_ms + 60_001];
    expect(await reapExpired(lab.bus, 0, backingOff)).toBe(1);
    expect(backingOff.size).toBe(0);
    expect(await countOf(lab, 'IN_TROUBLESHOOTING_QUEUE')).toBe(7);
  });
});

test('more than one reap takes is reaped in turns', async () => {
  const lab = await openLab();
  const sent = await lab.send(...commands(620));
  await lab.claim(620);
  await lab.expire(...sent);
  expect(await reapExpired(lab.bus, 0)).toBe(500);
  expect(await reapExpired(lab.bus, 0)).toBe(120);
});

describe('a worker that is known to be dead', () => {
  test('its leases are ended at once, and no one else’s', async () => {
    const lab = await openLab();
    const [dead, alive] = [newId(), newId()];
    await lab.send(...commands(8));
    const lost = await lab.claim(5, { worker_id: dead });
    await lab.claim(3, { worker_id: alive });
    expect(await expireWorkerLeases(lab.bus.pool, dead)).toBe(5);
    expect(await expireWorkerLeases(lab.bus.pool, dead)).toBe(0);
    expect(await reapExpired(lab.bus, 0)).toBe(5);
    const pending = await lab.rows(`select command_id from faultline.command where status = 'PENDING'`);
    expect(pending.map(({ command_id }) => command_id).sort()).toEqual(lost.map(({ command_id }) => command_id).sort());
  });

  test('its successor takes its work over, long before leases and polls are due', async () => {
    const lab = await openLab({ handler: () => 'done' });
    const dead = newId();
    const sent = await lab.send(...commands(3));
    await lab.claim(3, { worker_id: dead });
    await lab.work({ replaces: dead, poll_ms: 600_000 });
    await until('all are done', async () => {
      const rows = await lab.rows(`select 1 from faultline.command where status = 'COMPLETED'`);
      return rows.length === sent.length;
    });
  });
});

test('a worker reaps every lane', async () => {
  const lanes = 3;
  const lab = await openLab({ lanes, handler: () => 'done' });
  const sent = [0, 1, 2].map((lane) => command({ command_id: newId(lane, lanes), lane }));
  const ids = await lab.send(...sent);
  for (const { lane } of sent) await lab.claim(1, { lane });
  await lab.expire(...ids);
  await lab.work();
  await until('all are done', async () => {
    const rows = await lab.rows(`select 1 from faultline.command where status = 'COMPLETED' and attempts = 2`);
    return rows.length === lanes;
  });
});
