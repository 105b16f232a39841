// The operator's verbs: each does what it says, says who did it, tells the requester, and of two operators one wins.

import { describe, expect, test } from 'vitest';
import { settleSet } from '../../src/bus/settle.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { isConnectionError } from '../../src/db/pool.ts';
import { NotFoundError, WrongStateError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, item, type Lab, type LabOptions, openLab, policy } from './lab.ts';

const ADA = { actor: 'ada', reason: 'looked at it' };

const VERBS = {
  retry: (lab: Lab, id: string) => retryCommand(lab.bus, id, ADA),
  cancel: (lab: Lab, id: string) => cancelCommand(lab.bus, id, ADA),
  complete: (lab: Lab, id: string) => completeCommand(lab.bus, id, ADA, { by: 'hand' }),
};
type Verb = keyof typeof VERBS;
const EACH = Object.keys(VERBS) as Verb[];

let lowest = 0;

/** Puts a new command into the troubleshooting queue, after one attempt of three. */
async function park(lab: Lab, lane = 0): Promise<string> {
  // Claimed before whatever else is ready, such as what was retried before.
  const priority = --lowest;
  const urgent = command({ command_id: newId(lane, lab.bus.lanes), lane, priority, reply_to: 'asked' });
  const [id = ''] = await lab.send({ ...urgent, ...policy({ backoff_ms: [600_000] }) });
  const claimed = await lab.claim(1, { lane });
  const outcome = { kind: 'permanent', error_code: 'BROKEN', error_message: 'It is broken.' } as const;
  await settleSet(
    lab.bus,
    claimed.map((one) => item(one, outcome)),
  );
  expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
  return id;
}

async function openParked(options: LabOptions = {}): Promise<{ lab: Lab; id: string }> {
  const lab = await openLab(options);
  return { lab, id: await park(lab) };
}

test('retry: PENDING at once, with as many attempts as ever, and no reply', async () => {
  const { lab, id } = await openParked();
  expect(await VERBS.retry(lab, id)).toEqual({ command_id: id, status: 'PENDING' });
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'PENDING',
    attempts: 1,
    attempts_limit: 4,
    parked_at: null,
    park_reason: null,
    error_group: null,
    settled_at: null,
  });
  expect(await lab.eventsOf(id)).toMatchObject([{ type: 'OPERATOR_RETRY', ...ADA, attempt: 1 }]);
  expect(await lab.repliesOf(id)).toEqual([]);
  expect(await lab.claim()).toMatchObject([{ command_id: id, attempts: 2 }]);
});

test('cancel: CANCELED, and the requester is told so, with the reason', async () => {
  const { lab, id } = await openParked();
  expect(await VERBS.cancel(lab, id)).toEqual({ command_id: id, status: 'CANCELED' });
  expect(await lab.commandOf(id)).toMatchObject({ status: 'CANCELED', parked_at: null, settled_at: expect.any(Date) });
  expect(await lab.eventsOf(id)).toMatchObject([{ type: 'OPERATOR_CANCEL', ...ADA, attempt: 1 }]);
  expect(await lab.repliesOf(id)).toMatchObject([
    { queue: 'asked', outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: ADA.reason, result: null },
  ]);
});

test('complete: COMPLETED, and the requester is told SUCCESS with the operator’s result', async () => {
  const { lab, id } = await openParked();
  expect(await VERBS.complete(lab, id)).toEqual({ command_id: id, status: 'COMPLETED' });
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'COMPLETED',
    result: { by: 'hand' },
    error_code: null,
    parked_at: null,
    settled_at: expect.any(Date),
  });
  expect(await lab.eventsOf(id)).toMatchObject([{ type: 'OPERATOR_COMPLETE', ...ADA, attempt: 1 }]);
  expect(await lab.repliesOf(id)).toMatchObject([{ outcome: 'SUCCESS', result: { by: 'hand' }, error_code: null }]);
});

test('a result and a reason may be absent', async () => {
  const { lab, id } = await openParked();
  await completeCommand(lab.bus, id, { actor: 'bob' });
  expect(await lab.commandOf(id)).toMatchObject({ status: 'COMPLETED', result: null });
  expect(await lab.eventsOf(id)).toMatchObject([{ actor: 'bob', reason: null }]);
  expect(await lab.repliesOf(id)).toMatchObject([{ outcome: 'SUCCESS', result: null }]);
});

test('what is retried runs at once on a worker that sleeps', async () => {
  const { lab, id } = await openParked({ handler: () => 'repaired' });
  await lab.work({ poll_ms: 600_000 });
  await VERBS.retry(lab, id);
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(await lab.repliesOf(id)).toMatchObject([{ outcome: 'SUCCESS', result: 'repaired' }]);
});

test('each verb finds its command in any lane', async () => {
  const lab = await openLab({ lanes: 5 });
  for (const [index, verb] of EACH.entries()) {
    const id = await park(lab, index + 2);
    await VERBS[verb](lab, id);
    expect((await lab.commandOf(id)).status).not.toBe('IN_TROUBLESHOOTING_QUEUE');
    expect(await lab.eventsOf(id)).toMatchObject([{ lane: index + 2 }]);
  }
});

describe('refused', () => {
  test('an id that nothing has', async () => {
    const lab = await openLab();
    for (const verb of EACH) await expect(VERBS[verb](lab, newId())).rejects.toThrow(NotFoundError);
    expect(await lab.rows('select 1 from faultline.event')).toEqual([]);
  });

  test('a command that is not in the troubleshooting queue', async () => {
    const lab = await openLab();
    const [pending = '', running = '', done = ''] = await lab.send(
      command({ priority: 7 }),
      command(),
      command({ priority: 4 }),
    );
    const [claimed] = await lab.claim(1);
    await settleSet(lab.bus, claimed ? [item(claimed, { kind: 'success' })] : []);
    await lab.claim(1);
    const refusals = { PENDING: pending, IN_PROGRESS: running, COMPLETED: done };
    for (const [status, id] of Object.entries(refusals)) {
      const before = await lab.commandOf(id);
      expect(before.status).toBe(status);
      const refusal = new WrongStateError(`The command is ${status}, not in the troubleshooting queue.`);
      for (const verb of ['retry', 'complete'] as const) await expect(VERBS[verb](lab, id)).rejects.toThrow(refusal);
      expect(await lab.commandOf(id)).toEqual(before);
    }
    await expect(VERBS.cancel(lab, done)).rejects.toThrow(new WrongStateError('The command is COMPLETED.'));
    expect(await lab.rows('select 1 from faultline.event')).toEqual([]);
  });
});

describe('of two operators one wins', () => {
  test('the first to come has it, the second waits and is told: each verb against each', async () => {
    const lab = await openLab();
    const pairs = EACH.flatMap((one) => EACH.map((other) => [one, other] as const));
    // A command that was retried may be cancelled: that pair has no loser.
    for (const [first, second] of pairs.filter(([one, other]) => one !== 'retry' || other !== 'cancel')) {
      const id = await park(lab);
      const holding = lab.hold('in_operator_verb');
      const winner = VERBS[first](lab, id);
      await holding.reached;
      const loser = VERBS[second](lab, id);
      loser.catch(() => {});
      await until(`${second} waits for ${first}`, async () => {
        const waiting = await lab.rows(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return waiting.length === 1;
      });
      holding.release();
      const { status } = await winner;
      await expect(loser).rejects.toThrow(WrongStateError);
      expect((await lab.commandOf(id)).status).toBe(status);
      expect(await lab.eventsOf(id)).toMatchObject([{ type: `OPERATOR_${first.toUpperCase()}` }]);
      expect(await lab.repliesOf(id)).toHaveLength(first === 'retry' ? 0 : 1);
    }
  });

  test('of twenty at the same time one wins', async () => {
    const { lab, id } = await openParked();
    const all = Array.from({ length: 20 }, (_, index) => VERBS[index % 2 === 0 ? 'cancel' : 'complete'](lab, id));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of settled)
      if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(WrongStateError);
    expect(await lab.eventsOf(id)).toHaveLength(1);
  });
});

test('a verb whose connection breaks before its commit has done nothing', async () => {
  const { lab, id } = await openParked();
  const before = await lab.commandOf(id);
  const holding = lab.hold('in_operator_verb');
  const broken = VERBS.cancel(lab, id);
  broken.catch(() => {});
  await holding.reached;
  await lab.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and state = 'idle in transaction'`,
  );
  holding.release();
  await expect(broken).rejects.toSatisfy(isConnectionError);
  expect(await lab.commandOf(id)).toEqual(before);
  expect(await lab.eventsOf(id)).toEqual([]);
  await VERBS.cancel(lab, id);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'CANCELED' });
});

test('the hook hears what a verb did to the command', async () => {
  const told: string[] = [];
  const { lab, id } = await openParked({
    hooks: {
      onTransitions: async (_tx, transitions) => {
        for (const t of transitions) told.push(t.kind === 'replied' ? `replied ${t.reply.outcome}` : t.kind);
        return new Set<string>();
      },
    },
  });
  const parkAgain = () =>
    lab.rows(
      `update faultline.command set status = 'IN_TROUBLESHOOTING_QUEUE', parked_at = now() where status <> 'IN_PROGRESS'`,
    );
  for (const verb of EACH) {
    await parkAgain();
    await VERBS[verb](lab, id);
  }
  expect(told).toEqual(['parked', 'unparked', 'replied CANCELED', 'replied SUCCESS']);
});
