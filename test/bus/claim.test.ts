// Claiming: never too much, the best first, never the same twice, not early and not late.

import { expect, test } from 'vitest';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { signal, until } from '../support/until.ts';
import { command, commands, commandsOfLanes, heldHandler, openLab, policy } from './lab.ts';

test('takes never more than its limit, and what it takes is under its lease', async () => {
  const lab = await openLab();
  await lab.send(...commands(10, policy({ lease_ms: 5_000 })));
  const claimed = await lab.claim(4);
  expect(claimed).toHaveLength(4);
  expect(new Set(claimed.map(({ claim_id }) => claim_id)).size).toBe(1);
  const rows = await lab.rows(
    `select command_id, claim_id, attempts, extract(epoch from lease_expires_at - attempt_started_at)::int as lease_s
     from faultline.command where status = 'IN_PROGRESS'`,
  );
  expect(rows.map(({ command_id }) => command_id).sort()).toEqual(claimed.map(({ command_id }) => command_id).sort());
  const [{ claim_id } = { claim_id: '' }] = claimed;
  for (const row of rows) expect(row).toMatchObject({ claim_id, attempts: 1, lease_s: 5 });
  expect(await lab.rows(`select 1 from faultline.command where status = 'PENDING'`)).toHaveLength(6);
});

test('takes by priority, then by age', async () => {
  const lab = await openLab();
  // A delay in the past is age.
  const [young, old, urgent, late, older] = [
    command({ delay_ms: -1_000 }),
    command({ delay_ms: -3_000 }),
    command({ priority: 4, delay_ms: -500 }),
    command({ priority: 6, delay_ms: -60_000 }),
    command({ delay_ms: -4_000 }),
  ];
  await lab.send(young, old, urgent, late, older);
  const order: string[] = [];
  for (let i = 0; i < 5; i++) order.push(...(await lab.claim(1)).map(({ command_id }) => command_id));
  expect(order).toEqual([urgent, older, old, young, late].map(({ command_id }) => command_id));
});

test('passes over what another transaction has locked, without waiting for it', async () => {
  const lab = await openLab();
  const [first, second] = await lab.send(...commands(2));
  const other = await lab.pool.connect();
  try {
    await other.query('begin');
    await other.query('select 1 from faultline.command where command_id = $1 for update', [first]);
    expect((await lab.claim()).map(({ command_id }) => command_id)).toEqual([second]);
    await other.query('rollback');
  } finally {
    other.release();
  }
  expect((await lab.claim()).map(({ command_id }) => command_id)).toEqual([first]);
});

test('takes only what is ready, of its own domain and lane', async () => {
  const lab = await openLab({ lanes: 2 });
  const mine = command({ command_id: newId(1, 2), lane: 1 });
  await lab.send(
    mine,
    command({ command_id: newId(0, 2), lane: 0 }),
    command({ command_id: newId(1, 2), lane: 1, domain: 'other' }),
    command({ command_id: newId(1, 2), lane: 1, delay_ms: 600_000 }),
  );
  expect((await lab.claim(100, { lane: 1 })).map(({ command_id }) => command_id)).toEqual([mine.command_id]);
});

test('C06, C20: of eight who claim at the same time, no two get the same command, and none is left over', async () => {
  const lab = await openLab();
  await lab.send(...commands(400));
  const claimer = async (worker_id: string) => {
    const mine: string[] = [];
    for (;;) {
      const claimed = await lab.claim(7, { worker_id });
      expect(claimed.length).toBeLessThanOrEqual(7);
      if (claimed.length === 0) return mine;
      mine.push(...claimed.map(({ command_id }) => command_id));
    }
  };
  const got = (await Promise.all(Array.from({ length: 8 }, () => claimer(newId())))).flat();
  expect(got).toHaveLength(400);
  expect(new Set(got).size).toBe(400);
  expect(await lab.rows('select 1 from faultline.command where attempts <> 1')).toEqual([]);
});

test('C08: a worker holds no more than it has slots, and fills a slot that gets free', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.send(...commands(5));
  await lab.work({ slots: 3 });
  await until('three run', () => calls.length === 3);
  const inProgress = () => lab.rows(`select 1 from faultline.command where status = 'IN_PROGRESS'`);
  expect(await inProgress()).toHaveLength(3);
  calls[0]?.end();
  calls[1]?.end();
  await until('the other two run', () => calls.length === 5);
  // A slot is free when its handler is done; the settle that shows it comes a moment later.
  await until('three are in progress', async () => (await inProgress()).length === 3);
  for (const call of calls) call.end();
  await until('all are done', async () => (await inProgress()).length === 0);
});

test('one worker serves all lanes, within its slots', async () => {
  const lanes = 5;
  const { calls, handler } = heldHandler();
  const lab = await openLab({ lanes, handler });
  const sent = await lab.send(...commandsOfLanes(30, lanes));
  await lab.work({ slots: 4 });
  for (let done = 0; done < 30; done++) {
    const call = await until('one more runs', () => calls[done]);
    expect(calls.length - done).toBeLessThanOrEqual(4);
    call.end(done);
  }
  await until('all are done', async () => {
    const rows = await lab.rows(`select lane from faultline.command where status = 'COMPLETED'`);
    return rows.length === sent.length;
  });
  expect(await lab.rows('select distinct lane from faultline.attempt')).toHaveLength(lanes);
});

test('a delayed command is not taken early, and is taken when due, long before the next poll', async () => {
  const lab = await openLab({ handler: () => null });
  await lab.work({ poll_ms: 600_000 });
  const [id = ''] = await lab.send(command({ delay_ms: 250 }));
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  const [row] = await lab.rows(
    `select a.started_at >= c.created_at + interval '250 milliseconds' as not_early
     from faultline.attempt a join faultline.command c using (command_id)`,
  );
  expect(row).toEqual({ not_early: true });
});

test('a retry is taken when its backoff is over, long before the next poll', async () => {
  const asleep = signal('the worker sleeps until its next poll');
  const poll_ms = 600_000;
  const { after } = createEnv(silentLogger);
  const lab = await openLab({
    listen: false,
    env: {
      after: (ms, callback, options) => {
        if (ms === poll_ms && calls > 0) asleep.fire();
        return after(ms, callback, options);
      },
    },
    handler: () => {
      if (++calls === 1) throw new Error('once');
      return calls;
    },
  });
  let calls = 0;
  // It fails when its worker has found that nothing is due, and has gone to sleep.
  const settling = lab.hold('before_settle');
  await lab.work({ poll_ms });
  const [id = ''] = await lab.send(command(policy({ backoff_ms: [250] })));
  await asleep.promise;
  settling.release();
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  const [first, second] = await lab.attemptsOf(id);
  expect(Number(second?.started_at)).toBeGreaterThanOrEqual(Number(first?.retry_at));
});

test('a command that is due sooner than the one waited for is not waited past', async () => {
  const lab = await openLab({ handler: () => null });
  await lab.send(command({ delay_ms: 60_000 }));
  await lab.work({ poll_ms: 600_000 });
  await lab.send(command({ delay_ms: 30_000 }));
  const [id = ''] = await lab.send(command({ delay_ms: 100 }));
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
});

test('a ready command that another transaction has locked for long is not asked for all the time', async () => {
  const sleeps: number[] = [];
  const slept = signal('twenty sleeps');
  const lab = await openLab({
    handler: () => null,
    listen: false,
    env: {
      after: (ms, callback, { unref = false } = {}) => {
        // The worker's own tick is longer than any poll here.
        if (ms < 250) sleeps.push(ms);
        if (sleeps.length === 20) slept.fire();
        const timer = setTimeout(callback, ms);
        if (unref) timer.unref();
        return { clear: () => clearTimeout(timer) };
      },
    },
  });
  const [id = ''] = await lab.send(command());
  const other = await lab.pool.connect();
  try {
    await other.query('begin');
    await other.query('select 1 from faultline.command where command_id = $1 for update', [id]);
    await lab.work({ poll_ms: 100 });
    await slept.promise;
    expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(10);
    await other.query('rollback');
  } finally {
    other.release();
  }
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
});

test('a claim that fails is tried again', async () => {
  const lab = await openLab({ handler: () => null });
  const stop = lab.on('before_claim', () => {
    stop();
    throw new Error('no claim this time');
  });
  await lab.work({ poll_ms: 600_000 });
  const [id = ''] = await lab.send(command());
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
});
