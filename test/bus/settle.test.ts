// Settling: each outcome as the design says, exactly once, and only under the lease it was made under.

import { describe, expect, test } from 'vitest';
import type { CommandTransition } from '../../src/bus/handlers.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { settleExpired, settleLine, settleSet } from '../../src/bus/settle.ts';
import { asTx } from '../../src/db/pool.ts';
import { lockExpiredCommands } from '../../src/db/queries/settles.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, commands, commandsOfLanes, item, type Lab, openLab, policy } from './lab.ts';

const SUCCESS: Outcome = { kind: 'success', result: { answer: 42 } };

async function claimOne(lab: Lab): Promise<ClaimedCommand> {
  const [claimed] = await lab.claim(1);
  if (claimed === undefined) throw new Error('There was nothing to claim.');
  return claimed;
}

/** Looks until a statement of the bus waits for a lock. */
function untilBlocked(lab: Lab): Promise<unknown> {
  return until('a statement waits for a lock', async () => {
    const rows = await lab.rows(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });
}

describe('each outcome', () => {
  const failure = { error_code: 'CODE', error_message: 'It failed for 12 reasons.' };

  test('success: COMPLETED, with the result', async () => {
    const lab = await openLab();
    await lab.send(command());
    const claimed = await claimOne(lab);
    await settleSet(lab.bus, [item(claimed, SUCCESS)]);
    expect(await lab.commandOf(claimed.command_id)).toMatchObject({
      status: 'COMPLETED',
      result: { answer: 42 },
      lease_expires_at: null,
      settled_at: expect.any(Date),
      error_code: null,
      parked_at: null,
    });
    const [attempt, ...more] = await lab.attemptsOf(claimed.command_id);
    expect(more).toEqual([]);
    expect(attempt).toMatchObject({
      attempt: 1,
      claim_id: claimed.claim_id,
      outcome: 'success',
      effect: 'COMPLETED',
      retry_at: null,
      error_code: null,
    });
  });

  test.each([
    [0, 60],
    [0.5, 45],
    [0.99, 30.3],
  ])('C12: with jitter of 50 percent and a draw of %d a minute becomes %d s', async (draw, expected_s) => {
    const lab = await openLab({ env: { random: () => draw } });
    const [id = ''] = await lab.send(command(policy({ backoff_ms: [60_000], jitter_pct: 50 })));
    const [claimed] = await lab.claim();
    await settleSet(lab.bus, [
      item(claimed as ClaimedCommand, { kind: 'transient', error_code: 'X', error_message: '' }),
    ]);
    const [ended] = await lab.attemptsOf(id);
    expect((Number(ended?.retry_at) - Number(ended?.ended_at)) / 1_000).toBeCloseTo(expected_s, 2);
  });

  test('C12, C13: transient, with attempts left: PENDING after the backoff of its round; with none, parked', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command(policy({ max_attempts: 3, backoff_ms: [60_000, 120_000] })));
    for (const [attempt, backoff_s] of [
      [1, 60],
      [2, 120],
    ]) {
      await settleSet(lab.bus, [item(await claimOne(lab), { kind: 'transient', ...failure })]);
      const row = await lab.commandOf(id);
      expect(row).toMatchObject({ status: 'PENDING', attempts: attempt, attempts_limit: 3, settled_at: null });
      const ended = (await lab.attemptsOf(id)).at(-1);
      expect(ended).toMatchObject({ attempt, outcome: 'transient', effect: 'RETRY', ...failure });
      expect(ended?.retry_at).toEqual(row.available_at);
      expect((Number(row.available_at) - Number(ended?.ended_at)) / 1_000).toBeCloseTo(backoff_s as number, 2);
      await lab.rows('update faultline.command set available_at = now()');
    }
    await settleSet(lab.bus, [item(await claimOne(lab), { kind: 'transient', ...failure })]);
    expect(await lab.commandOf(id)).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'EXHAUSTED',
      parked_at: expect.any(Date),
      settled_at: expect.any(Date),
      error_group: 'CODE: It failed for <n> reasons.',
      ...failure,
    });
    expect((await lab.attemptsOf(id)).at(-1)).toMatchObject({ attempt: 3, effect: 'TSQ', reason: 'EXHAUSTED' });
  });

  test('C14: permanent: to the troubleshooting queue at once, and no reply', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command({ reply_to: 'asked' }));
    await settleSet(lab.bus, [item(await claimOne(lab), { kind: 'permanent', ...failure })]);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE', park_reason: 'PERMANENT' });
    expect(await lab.repliesOf(id)).toEqual([]);
  });

  test('C15: business rule: FAILED and answered; but a compensation is parked', async () => {
    const lab = await openLab();
    const [step = '', undo = ''] = await lab.send(
      command({ reply_to: 'asked' }),
      command({ reply_to: 'asked', purpose: 'compensation' }),
    );
    const claimed = await lab.claim(2);
    await settleSet(
      lab.bus,
      claimed.map((one) => item(one, { kind: 'business_rule', ...failure })),
    );
    expect(await lab.commandOf(step)).toMatchObject({
      status: 'FAILED',
      parked_at: null,
      settled_at: expect.any(Date),
    });
    expect(await lab.repliesOf(step)).toMatchObject([{ outcome: 'FAILED', ...failure }]);
    expect(await lab.commandOf(undo)).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'COMPENSATION_FAILED',
    });
    expect(await lab.repliesOf(undo)).toEqual([]);
  });

  test('released: PENDING at once, and the attempt is not counted', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command(policy({ max_attempts: 1, backoff_ms: [60_000] })));
    await settleSet(lab.bus, [item(await claimOne(lab), { kind: 'released' })]);
    expect(await lab.commandOf(id)).toMatchObject({
      status: 'PENDING',
      attempts: 1,
      attempts_limit: 2,
      interruptions: 0,
    });
    // It has its one attempt yet, and that one is the last.
    const again = await claimOne(lab);
    await settleSet(lab.bus, [item(again, { kind: 'transient', ...failure })]);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE', park_reason: 'EXHAUSTED' });
  });

  test('C16: the sender of a standalone command is told once, with the result and what it sent along', async () => {
    const lab = await openLab();
    const correlation_id = newId();
    const [id = ''] = await lab.send(command({ reply_to: 'asked', correlation_id }));
    await settleSet(lab.bus, [item(await claimOne(lab), SUCCESS)]);
    expect(await lab.repliesOf(id)).toMatchObject([
      { queue: 'asked', outcome: 'SUCCESS', result: { answer: 42 }, correlation_id, error_code: null, note: null },
    ]);
  });
});

describe('the fence', () => {
  test('a stale claim changes nothing, writes no attempt, and leaves one LATE_RESULT_DISCARDED', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command({ reply_to: 'asked' }));
    const stale = await claimOne(lab);
    await lab.expire(id);
    expect(await reapExpired(lab.bus, 0)).toBe(1);
    const fresh = await claimOne(lab);
    const before = await lab.commandOf(id);

    expect(await settleSet(lab.bus, [item(stale, SUCCESS)])).toEqual([]);
    expect(await lab.commandOf(id)).toEqual(before);
    expect((await lab.attemptsOf(id)).map(({ attempt, outcome }) => ({ attempt, outcome }))).toEqual([
      { attempt: 1, outcome: 'lease_expired' },
    ]);
    expect(await lab.eventsOf(id)).toMatchObject([
      { type: 'LATE_RESULT_DISCARDED', attempt: 1, details: { outcome: 'success' } },
    ]);
    expect(await lab.repliesOf(id)).toEqual([]);

    // The holder of the claim is not affected.
    expect(await settleSet(lab.bus, [item(fresh, SUCCESS)])).toHaveLength(1);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'COMPLETED', attempts: 2 });
  });

  test('a lease that ran out on the database clock is lost, also while no one reaped it yet', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command());
    const claimed = await claimOne(lab);
    await lab.expire(id);
    const before = await lab.commandOf(id);
    expect(await settleSet(lab.bus, [item(claimed, SUCCESS)])).toEqual([]);
    expect(await lab.commandOf(id)).toEqual(before);
    expect(await lab.attemptsOf(id)).toEqual([]);
    expect(await lab.eventsOf(id)).toMatchObject([{ type: 'LATE_RESULT_DISCARDED' }]);
    expect(await reapExpired(lab.bus, 0)).toBe(1);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', attempts_limit: 4 });
  });

  test('a command that was ended meanwhile stays as it was ended', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command());
    const claimed = await claimOne(lab);
    await lab.rows(`update faultline.command set status = 'CANCELED', lease_expires_at = null, settled_at = now()`);
    const before = await lab.commandOf(id);
    expect(await settleSet(lab.bus, [item(claimed, SUCCESS)])).toEqual([]);
    expect(await lab.commandOf(id)).toEqual(before);
  });

  test('a claim that never reached the disk is refused, and its command is taken again', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command());
    const claimed = await claimOne(lab);
    // As a crash of the server leaves it: the claim was committed asynchronously.
    await lab.rows(
      `update faultline.command set status = 'PENDING', attempts = 0, claim_id = null, worker_id = null,
         attempt_started_at = null, lease_expires_at = null`,
    );
    expect(await settleSet(lab.bus, [item(claimed, SUCCESS)])).toEqual([]);
    expect(await lab.attemptsOf(id)).toEqual([]);
    expect(await settleSet(lab.bus, [item(await claimOne(lab), SUCCESS)])).toHaveLength(1);
    expect((await lab.attemptsOf(id)).map(({ attempt }) => attempt)).toEqual([1]);
  });

  test('in a set, those who are late are refused and the others are not', async () => {
    const lab = await openLab();
    await lab.send(...commands(20));
    const claimed = await lab.claim(20);
    const late = claimed.filter((_, index) => index % 3 === 0).map(({ command_id }) => command_id);
    await lab.expire(...late);
    const settled = await settleSet(
      lab.bus,
      claimed.map((one) => item(one, SUCCESS)),
    );
    expect(settled).toHaveLength(20 - late.length);
    const left = await lab.rows(`select command_id from faultline.command where status = 'IN_PROGRESS'`);
    expect(left.map(({ command_id }) => command_id).sort()).toEqual([...late].sort());
    const events = await lab.rows('select command_id from faultline.event');
    expect(events.map(({ command_id }) => command_id).sort()).toEqual([...late].sort());
  });

  test('the same attempt settled by two at once is settled once, and no one was late', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command({ reply_to: 'asked' }));
    const claimed = await claimOne(lab);
    const settled = await Promise.all([1, 2, 3, 4].map(() => settleSet(lab.bus, [item(claimed, SUCCESS)])));
    expect(settled.flat()).toHaveLength(1);
    expect(await lab.attemptsOf(id)).toHaveLength(1);
    expect(await lab.repliesOf(id)).toHaveLength(1);
    expect(await lab.eventsOf(id)).toEqual([]);
  });

  test('a settle that waits for reap to end is refused', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command());
    const claimed = await claimOne(lab);
    const reaper = await lab.pool.connect();
    try {
      // The lease runs out and is reaped in a transaction of which the settle, when it begins, sees nothing.
      await reaper.query('begin');
      await reaper.query('update faultline.command set lease_expires_at = now() where command_id = $1', [id]);
      const tx = asTx(reaper);
      const [expired, ...others] = await lockExpiredCommands(tx, 0, 10);
      expect([expired?.command_id, others]).toEqual([id, []]);
      const outcome: Outcome = { kind: 'lease_expired', error_code: 'LEASE_EXPIRED', error_message: 'It ran out.' };
      await settleExpired(lab.bus, tx, 0, [settleLine(expired as ClaimedCommand, outcome)]);
      const settled = settleSet(lab.bus, [item(claimed, SUCCESS)]);
      await untilBlocked(lab);
      await reaper.query('commit');
      expect(await settled).toEqual([]);
    } finally {
      reaper.release();
    }
    expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', result: null });
    expect(await lab.attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: 'lease_expired' }]);
    expect(await lab.eventsOf(id)).toMatchObject([{ type: 'LATE_RESULT_DISCARDED' }]);
  });

  test('reap passes over what is being settled, even when the lease runs out meanwhile', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command(policy({ lease_ms: 1_000 })));
    const claimed = await claimOne(lab);
    const settling = lab.hold('in_settle');
    const settled = settleSet(lab.bus, [item(claimed, SUCCESS)]);
    await settling.reached;
    await until('the lease has run out', async () => {
      const rows = await lab.rows('select 1 from faultline.command where lease_expires_at < now()');
      return rows.length === 1;
    });
    expect(await reapExpired(lab.bus, 0)).toBe(0);
    settling.release();
    expect(await settled).toHaveLength(1);
    expect(await reapExpired(lab.bus, 0)).toBe(0);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'COMPLETED' });
    expect(await lab.attemptsOf(id)).toMatchObject([{ outcome: 'success' }]);
  });

  test('a settle that waits while its command is taken away is refused', async () => {
    const lab = await openLab();
    const [id = ''] = await lab.send(command());
    const stale = await claimOne(lab);
    // Someone takes the command away in a transaction that is still open while the settle comes.
    const other = await lab.pool.connect();
    try {
      await other.query('begin');
      await other.query('update faultline.command set claim_id = $1 where command_id = $2', [newId(), id]);
      const settled = settleSet(lab.bus, [item(stale, SUCCESS)]);
      await untilBlocked(lab);
      await other.query('commit');
      expect(await settled).toEqual([]);
    } finally {
      other.release();
    }
    expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_PROGRESS', result: null });
    expect(await lab.attemptsOf(id)).toEqual([]);
  });
});

describe('one transaction', () => {
  test('what the hook throws takes the whole set back', async () => {
    const lab = await openLab({
      hooks: {
        onTransitions: async () => {
          throw new Error('not this time');
        },
      },
    });
    await lab.send(...commands(3, { reply_to: 'asked' }));
    const claimed = await lab.claim(3);
    await expect(
      settleSet(
        lab.bus,
        claimed.map((one) => item(one, SUCCESS)),
      ),
    ).rejects.toThrow('not this time');
    expect(await lab.rows(`select 1 from faultline.command where status = 'IN_PROGRESS'`)).toHaveLength(3);
    expect(await lab.rows('select 1 from faultline.attempt')).toEqual([]);
    expect(await lab.rows('select 1 from faultline.reply')).toEqual([]);
  });

  test('the hook hears of replies, parkings and late successes of its lane, and of nothing else', async () => {
    const told: { kind: string; command_id: string; lanes: number }[] = [];
    const lanes = 3;
    const lab = await openLab({
      lanes,
      hooks: {
        onTransitions: async (_tx, transitions: readonly CommandTransition[]) => {
          const lanesOfCall = new Set(transitions.map(({ command }) => command.lane)).size;
          for (const { kind, command } of transitions)
            told.push({ kind, command_id: command.command_id, lanes: lanesOfCall });
          return new Set<string>();
        },
      },
    });
    await lab.send(...commandsOfLanes(6 * lanes, lanes));
    const claimed = (await Promise.all([0, 1, 2].map((lane) => lab.claim(6, { lane })))).flat();
    const outcomes: Outcome[] = [
      SUCCESS,
      { kind: 'business_rule', error_code: 'NO' },
      { kind: 'permanent', error_code: 'NEVER' },
      { kind: 'transient', error_code: 'LATER' },
      { kind: 'released' },
      SUCCESS,
    ];
    const items = claimed.map((one, index) => item(one, outcomes[index % 6] as Outcome));
    const late = items.filter((_, index) => index % 6 === 5).map((one) => one.command.command_id);
    await lab.expire(...late);
    await settleSet(lab.bus, items);

    const expected = items.flatMap(({ command }, index) => {
      const kind = ['replied', 'replied', 'parked', null, null, 'discarded'][index % 6];
      return kind ? [{ kind, command_id: command.command_id, lanes: 1 }] : [];
    });
    const byId = (a: { command_id: string }, b: { command_id: string }) => (a.command_id < b.command_id ? -1 : 1);
    expect(told.sort(byId)).toEqual(expected.sort(byId));
  });

  test('a late success of an attempt that had given its lease up has no effect to undo', async () => {
    const kinds: string[] = [];
    const lab = await openLab({
      hooks: {
        onTransitions: async (_tx, transitions) => {
          kinds.push(...transitions.map(({ kind }) => kind));
          return new Set<string>();
        },
      },
    });
    const [id = ''] = await lab.send(command());
    const claimed = await claimOne(lab);
    await lab.expire(id);
    await settleSet(lab.bus, [{ ...item(claimed, SUCCESS), abandoned: true }]);
    expect(await lab.eventsOf(id)).toMatchObject([{ type: 'LATE_RESULT_DISCARDED' }]);
    expect(kinds).toEqual([]);
  });
});
