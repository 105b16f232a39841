// Operators who all want the same items at once, while workers settle, reap and renew: each item is operated on by exactly one,
// and every other is told 409 WRONG_STATE, never anything else.

import { describe, expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import type { Operator } from '../../src/bus/operator.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { FaultlineError, PermanentCommandError } from '../../src/model/errors.ts';
import { cancelProcess, completeProcess, retryProcess } from '../../src/process/cancel-process.ts';
import { findViolations } from '../end/story.ts';
import { chain, type Lab, openLab, type Script } from '../process/lab.ts';
import { until } from '../support/until.ts';

const COUNT = 60;
const trip = chain(['book', 'pay', 'mail']);
const policy = { max_attempts: 1, backoff_ms: [0], lease_ms: 600 };

interface Item {
  process_id: string;
  command_id: string;
}

type Act = (lab: Lab, item: Item, operator: Required<Operator>) => Promise<unknown>;

const BY_COMMAND: Act[] = [
  ({ bus }, { command_id }, operator) => retryCommand(bus, command_id, operator),
  ({ bus }, { command_id }, operator) => cancelCommand(bus, command_id, operator),
  ({ bus }, { command_id }, operator) => completeCommand(bus, command_id, operator, { by: operator.actor }),
];
const BY_PROCESS: Act[] = [
  ({ bus }, { process_id }, operator) => retryProcess(bus, process_id, operator),
  ({ bus }, { process_id }, operator) => completeProcess(bus, process_id, operator),
  ({ bus }, { process_id }, operator) => cancelProcess(bus, process_id, operator, { compensate: true }),
];

/** Parks the first step of every process; afterwards steps succeed, so what is retried leaves the queue for good. */
async function parkAll(lab: Lab) {
  let broken = true;
  const script: Script = ({ purpose }) => {
    if (broken && purpose === 'step') throw new PermanentCommandError('BROKEN', 'It broke.');
  };
  const batch_id = await lab.launch(trip, { count: COUNT, script, policy });
  const processes = await until('all are parked', async () => {
    const rows = await lab.processes(batch_id);
    return rows.length === COUNT && rows.every(({ status }) => status === 'WAITING_FOR_TSQ') && rows;
  });
  broken = false;
  const items = processes.map(({ process_id, awaiting_command_id }) => ({
    process_id,
    command_id: awaiting_command_id as string,
  }));
  return { batch_id, items };
}

describe.each([
  ['verbs on commands', BY_COMMAND],
  ['verbs on commands and on processes', [...BY_COMMAND, ...BY_PROCESS]],
])('T02: eight operators with all %s', (_what, acts) => {
  test('each item is operated on by exactly one of them, the others are told 409', { timeout: 60_000 }, async () => {
    const lab = await openLab({ processes: [trip] });
    const other = await openLab({ processes: [trip], database: lab.database });
    await lab.work();
    await other.work();
    const { batch_id, items } = await parkAll(lab);
    // What a retry sets free is done only when no one operates any more: else a second operator might rightly cancel it.
    const { rows } = await lab.pool.query('select coalesce(max(event_id), 0) as last from faultline.event');
    const won = new Map<string, string[]>(items.map(({ command_id }) => [command_id, []]));
    const odd: unknown[] = [];
    const operator = async (index: number) => {
      const actor = `operator ${index}`;
      // Each begins elsewhere, so that each item has its turn with each of them first.
      const order = [...items.slice((index * 7) % COUNT), ...items.slice(0, (index * 7) % COUNT)];
      await Promise.all(
        order.map(async (item, at) => {
          const act = acts[(index + at) % acts.length] as Act;
          try {
            await act(index % 2 === 0 ? lab : other, item, { actor, reason: 'race' });
            won.get(item.command_id)?.push(actor);
          } catch (error) {
            if (!(error instanceof FaultlineError && error.code === 'WRONG_STATE')) odd.push(error);
          }
        }),
      );
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => operator(index)));
    expect(odd).toEqual([]);

    await lab.untilBatch(batch_id, 'COMPLETED_WITH_FAILURES', { deadline_ms: 30_000 });
    // A verb on what another operator's retry had just set free is a verb of its own, on a live command: cancel may follow a retry.
    const { rows: events } = await lab.pool.query<{ command_id: string; type: string; actor: string }>(
      `select command_id, type, actor from faultline.event where event_id > $1 and type like 'OPERATOR%' order by event_id`,
      [rows[0].last],
    );
    const told = [...won.values()].reduce((sum, actors) => sum + actors.length, 0);
    expect(events).toHaveLength(told);
    for (const { command_id } of items) {
      const done = events.filter((event) => event.command_id === command_id).map(({ type }) => type);
      expect(done.length, command_id).toBeGreaterThan(0);
      // Only a retry leaves anything to operate on.
      expect(
        done.slice(0, -1).every((type) => type === 'OPERATOR_RETRY'),
        done.join(),
      ).toBe(true);
      const ended = done.filter((type) => type !== 'OPERATOR_RETRY');
      expect(ended.length).toBeLessThan(2);
    }
    // What undoes a late effect is awaited by no one, and may come after the end of the batch.
    await until('nothing is left to be done', async () => {
      const open = `select 1 from faultline.command where status in ('PENDING', 'IN_PROGRESS')`;
      return (await lab.pool.query(open)).rowCount === 0;
    });
    expect(await findViolations(lab.pool, batch_id)).toEqual([]);
  });
});

test('T03: three jobs over the same queue, and operators beside them: each item is done by one, counts are right', {
  timeout: 60_000,
}, async () => {
  const lab = await openLab({ processes: [trip] });
  await lab.work();
  const { batch_id, items } = await parkAll(lab);
  const began = await Promise.all(
    (['complete', 'complete', 'cancel'] as const).map((verb) =>
      startTsqJob(lab.bus, { verb, filter: { batch_id }, actor: `job of ${verb}`, reason: 'race' }),
    ),
  );
  const byHand = await Promise.allSettled(
    items.map(({ command_id }) => completeCommand(lab.bus, command_id, { actor: 'hand' }, {})),
  );
  // Completed, or with failures, as the job that cancels was early or late.
  await until('the batch has ended', async () => (await lab.batch(batch_id)).completed_at, { deadline_ms: 30_000 });
  const jobs = await until('the jobs have ended', async () => {
    const { rows } = await lab.pool.query('select * from faultline.job');
    return rows.every(({ status }) => status === 'COMPLETED') && rows;
  });
  for (const job of jobs) expect(job.done_count + job.failed_count).toBe(job.total_count);
  const done = jobs.reduce((sum, { done_count }) => sum + done_count, 0);
  const hand = byHand.filter(({ status }) => status === 'fulfilled').length;
  for (const one of byHand) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'WRONG_STATE' });
  expect(began.every(({ total_count }) => total_count <= COUNT)).toBe(true);
  expect(done + hand).toBe(COUNT);
  const { rows } = await lab.pool.query(
    `select command_id from faultline.event where type in ('OPERATOR_COMPLETE', 'OPERATOR_CANCEL') group by 1 having count(*) <> 1`,
  );
  expect(rows).toEqual([]);
});
