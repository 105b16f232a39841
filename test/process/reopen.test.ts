// A batch at rest that is given work again: it says so from that very transaction on, however it gets it, and whatever the finisher is doing.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { readJob } from '../../src/db/queries/jobs.ts';
import type { ProbePoint } from '../../src/model/env.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { cancelProcess, completeProcess, retryProcess } from '../../src/process/cancel-process.ts';
import { launchCommands } from '../../src/process/launch-commands.ts';
import { signal, until } from '../support/until.ts';
import { openFinisher } from './finisher.ts';
import { chain, type LabProcess, openLab, type Script } from './lab.ts';

let throwing = false;
let broken = true;
const trip = chain(['book', 'pay'], {
  code: (place, key) => {
    if (throwing && place === 'onReply' && key === 'pay') throw new Error('oops');
  },
});
const lab = await openLab({ processes: [trip], finishers: false });
const operator = { actor: 'ann', reason: 'Enough.' };
const { round } = openFinisher(lab.bus);

beforeAll(async () => {
  await lab.work();
});
let release = () => {};
afterEach(() => {
  lab.onProbe = () => {};
  release();
  throwing = false;
  broken = true;
});

const fail: Script = ({ key, purpose }) => {
  if (broken && purpose === 'step' && key === 'pay') throw new PermanentCommandError('BROKEN', 'It broke.');
};

/** From now on handlers wait: what a verb came to is looked at, not what followed. */
function hold(): void {
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  lab.onProbe = (point) => (point === 'before_handler' ? held : undefined);
}

/** A batch at rest, all of whose processes wait for an operator. */
async function rest(count: number): Promise<{ batch_id: string; processes: LabProcess[]; ids: string[] }> {
  const batch_id = await lab.launch(trip, { count, script: fail });
  const processes = await lab.untilProcesses(batch_id, 'WAITING_FOR_TSQ');
  await round();
  expect(await lab.batch(batch_id)).toMatchObject({ status: 'AT_REST', in_troubleshooting_count: count });
  return { batch_id, processes, ids: processes.map(({ awaiting_command_id }) => awaiting_command_id as string) };
}

const reopenedEvents = async (batch_id: string) =>
  (await lab.events({ batch_id })).filter(({ type }) => type === 'BATCH_REOPENED');

/** Written by one transaction, the row of the batch and that of the process, and both as they must be. */
async function expectReopened(batch_id: string, process_id: string, counts: Record<string, number>) {
  const { rows } = await lab.pool.query(
    `select b.xmin = p.xmin as together from faultline.batch b, faultline.process p where b.batch_id = $1 and p.process_id = $2`,
    [batch_id, process_id],
  );
  expect(rows).toEqual([{ together: true }]);
  expect(await lab.batch(batch_id)).toMatchObject({
    status: 'RUNNING',
    rested_at: null,
    completed_at: null,
    ...counts,
  });
  expect(await reopenedEvents(batch_id)).toMatchObject([{ details: { status: 'RUNNING', ...counts } }]);
}

describe('the verb itself reopens the batch, with its counts', () => {
  const first = ({ ids }: { ids: string[] }) => ids[0] as string;
  const goesOn = { waiting_count: 1, in_troubleshooting_count: 1, completed_count: 0 };
  const ends = { waiting_count: 0, in_troubleshooting_count: 1, completed_count: 1 };

  test.each<[string, Record<string, number>, (command_id: string, process_id: string) => Promise<unknown>]>([
    ['retry', goesOn, (id) => retryCommand(lab.bus, id, operator)],
    ['cancel', goesOn, (id) => cancelCommand(lab.bus, id, operator)],
    ['complete', ends, (id) => completeCommand(lab.bus, id, operator, {})],
    ['retry of a process', goesOn, (_, id) => retryProcess(lab.bus, id, operator)],
    ['complete of a process', ends, (_, id) => completeProcess(lab.bus, id, operator, {})],
    ['cancel of a process', goesOn, (_, id) => cancelProcess(lab.bus, id, operator, { compensate: true })],
    [
      'cancel of a process as it is',
      { ...ends, completed_count: 0, canceled_count: 1 },
      (_, id) => cancelProcess(lab.bus, id, operator, { compensate: false }),
    ],
  ])('%s', async (_name, counts, act) => {
    const rested = await rest(2);
    hold();
    const process_id = rested.processes[0]?.process_id as string;
    await act(first(rested), process_id);
    await expectReopened(rested.batch_id, process_id, counts);
  });

  test('retry of a process whose own code threw; when it throws again, nothing moved and the batch rests on', async () => {
    throwing = true;
    broken = false;
    const { batch_id, processes, ids } = await rest(2);
    const before = await lab.batch(batch_id);
    await retryCommand(lab.bus, ids[0] as string, operator);
    expect(await lab.batch(batch_id)).toEqual(before);
    throwing = false;
    await retryCommand(lab.bus, ids[0] as string, operator);
    await expectReopened(batch_id, processes[0]?.process_id as string, ends);
  });

  test('of a command batch', async () => {
    const commands = [1, 2].map(() => ({ domain: 'unhandled', type: 'Nothing' }));
    const { batch_id, command_ids } = await launchCommands(lab.bus, { commands });
    await lab.pool.query(
      `update faultline.command set status = 'IN_TROUBLESHOOTING_QUEUE', parked_at = now() where batch_id = $1`,
      [batch_id],
    );
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'AT_REST', in_troubleshooting_count: 2 });
    await completeCommand(lab.bus, command_ids[0] as string, operator, {});
    expect(await lab.batch(batch_id)).toMatchObject({
      status: 'RUNNING',
      completed_count: 1,
      in_troubleshooting_count: 1,
      rested_at: null,
    });
    await cancelCommand(lab.bus, command_ids[1] as string, operator);
    await round();
    expect(await lab.batch(batch_id)).toMatchObject({ status: 'COMPLETED_WITH_FAILURES', canceled_count: 1 });
    expect(await reopenedEvents(batch_id)).toHaveLength(1);
  });

  test('of a job over several batches: each once, before the job has ended', async () => {
    const batches = [await rest(3), await rest(2), await rest(4)];
    const ids = batches.flatMap((batch) => batch.ids);
    // The second batch is spared, and rests on.
    const filter = { command_ids: ids.filter((id) => !batches[1]?.ids.includes(id)) };
    const { job_id } = await startTsqJob(lab.bus, { verb: 'complete', filter, actor: 'ann', result: {} });
    await until('the job has ended', async () => (await readJob(lab.pool, job_id))?.status === 'COMPLETED');
    const found = await Promise.all(batches.map(({ batch_id }) => lab.batch(batch_id)));
    expect(found).toMatchObject([
      { status: 'RUNNING', completed_count: 3, in_troubleshooting_count: 0 },
      { status: 'AT_REST', completed_count: 0, in_troubleshooting_count: 2 },
      { status: 'RUNNING', completed_count: 4, in_troubleshooting_count: 0 },
    ]);
    const events = await Promise.all(batches.map(({ batch_id }) => reopenedEvents(batch_id)));
    expect(events.map(({ length }) => length)).toEqual([1, 0, 1]);
    await round();
    expect(await lab.batch(batches[0]?.batch_id as string)).toMatchObject({ status: 'COMPLETED' });
  });

  test('and one that fails before its commit leaves the batch at rest, as it was', async () => {
    const { batch_id, ids } = await rest(1);
    const before = await lab.batch(batch_id);
    lab.onProbe = (point) => {
      if (point === 'in_operator_verb') throw new Error('killed');
    };
    await expect(retryCommand(lab.bus, ids[0] as string, operator)).rejects.toThrow('killed');
    expect(await lab.batch(batch_id)).toEqual(before);
    expect(await reopenedEvents(batch_id)).toEqual([]);
  });
});

/** The first to come to this point with this batch waits there, until it is let go. */
function stopAt(point: ProbePoint, batch_id: string) {
  const there = signal(`someone is ${point}`);
  const go = signal(`it may go on ${point}`);
  let first = true;
  lab.onProbe = async (at, context) => {
    if (at !== point || !first || (context as { batch_id?: string }).batch_id !== batch_id) return;
    first = false;
    there.fire();
    await go.promise;
  };
  return { there: there.promise, go: go.fire };
}

/** Until `work` waits for a lock that another transaction holds, or is done without having waited. */
async function waitsOrIsDone(work: Promise<unknown>): Promise<void> {
  let done = false;
  const ended = () => {
    done = true;
  };
  work.then(ended, ended);
  await until('it waits, or is done', async () => {
    const { rows } = await lab.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return done || rows.length > 0;
  });
}

describe('of the finisher and a verb', () => {
  test('where the count came first, the verb reopens what it put to rest', async () => {
    const batch_id = await lab.launch(trip, { count: 2, script: fail });
    const [process] = await lab.untilProcesses(batch_id, 'WAITING_FOR_TSQ');
    const { there, go } = stopAt('in_finish', batch_id);
    const counting = round();
    await there;
    const verb = completeCommand(lab.bus, process?.awaiting_command_id as string, operator, {});
    await waitsOrIsDone(verb);
    go();
    await Promise.all([counting, verb]);
    expect(await lab.batch(batch_id)).toMatchObject({
      status: 'RUNNING',
      completed_count: 1,
      in_troubleshooting_count: 1,
    });
  });

  test('where the verb came first, the count is one of after it', async () => {
    const batch_id = await lab.launch(trip, { count: 2, script: fail });
    const [process] = await lab.untilProcesses(batch_id, 'WAITING_FOR_TSQ');
    const { there, go } = stopAt('in_operator_verb', batch_id);
    const verb = retryCommand(lab.bus, process?.awaiting_command_id as string, operator);
    await there;
    const counting = round();
    await waitsOrIsDone(counting);
    hold();
    go();
    await Promise.all([counting, verb]);
    expect(await lab.batch(batch_id)).toMatchObject({
      status: 'RUNNING',
      waiting_count: 1,
      in_troubleshooting_count: 1,
    });
  });
});

test('operators, jobs and the finisher racing: no look ever finds rest where something is open, or counts that are not so', async () => {
  broken = true;
  const batches = await Promise.all([3, 5, 8].map((count) => lab.launch(trip, { count, script: fail })));
  for (const batch_id of batches) await lab.untilProcesses(batch_id, 'WAITING_FOR_TSQ');
  let over = false;
  const finishing = (async () => {
    while (!over) await round();
  })();
  const look = async () => {
    const { rows } = await lab.pool.query(
      `select b.batch_id, b.status, b.in_troubleshooting_count, p.* from faultline.batch b
         cross join lateral (select count(*) filter (where p.status in ('WAITING_FOR_REPLY', 'COMPENSATING'))::int as waiting,
           count(*) filter (where p.status = 'WAITING_FOR_TSQ')::int as parked
           from faultline.process p where p.batch_id = b.batch_id) p
       where b.batch_id = any($1::uuid[]) and b.status = 'AT_REST'
         and (p.waiting > 0 or p.parked <> b.in_troubleshooting_count or b.waiting_count > 0)`,
      [batches],
    );
    expect(rows).toEqual([]);
  };
  const looking = (async () => {
    while (!over) await look();
  })();
  try {
    for (let times = 0; times < 6; times++) {
      const [a, b] = [batches[times % 3] as string, batches[(times + 1) % 3] as string];
      const single = (await lab.processes(a)).find(({ status }) => status === 'WAITING_FOR_TSQ');
      const jobs = await Promise.all([
        startTsqJob(lab.bus, { verb: 'retry', filter: { batch_id: a }, actor: 'ann' }),
        startTsqJob(lab.bus, { verb: 'retry', filter: { batch_id: b }, actor: 'bob' }),
        single && retryCommand(lab.bus, single.awaiting_command_id as string, operator).catch(() => null),
      ]);
      for (const job of jobs)
        if (job && 'job_id' in job)
          await until('the job has ended', async () => (await readJob(lab.pool, job.job_id))?.status === 'COMPLETED');
    }
    broken = false;
    for (const batch_id of batches)
      await until('all of its processes are completed', async () => {
        const left = (await lab.processes(batch_id)).filter(({ status }) => status !== 'COMPLETED');
        for (const { status, awaiting_command_id } of left)
          if (status === 'WAITING_FOR_TSQ')
            await retryCommand(lab.bus, awaiting_command_id as string, operator).catch(() => null);
        return left.length === 0;
      });
    for (const batch_id of batches) await lab.untilBatch(batch_id, 'COMPLETED');
  } finally {
    over = true;
    await Promise.all([finishing, looking]);
  }
  for (const batch_id of batches) {
    const types = (await lab.events({ batch_id })).map(({ type }) => type).filter((type) => /REST|REOPENED/.test(type));
    // Each rest is left once, and each reopening left a rest.
    types.forEach((type, index) => {
      expect(type, types.join()).toBe(index % 2 === 0 ? 'BATCH_AT_REST' : 'BATCH_REOPENED');
    });
    expect(types.at(-1) ?? 'BATCH_REOPENED').toBe('BATCH_REOPENED');
  }
});
