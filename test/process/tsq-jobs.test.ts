// Jobs over what processes wait for: parked commands and replies that threw in one set, with their processes and their batch.

import { beforeAll, expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { readJob } from '../../src/db/queries/jobs.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { until } from '../support/until.ts';
import { chain, openLab, type Script } from './lab.ts';

let broken = true;
const trip = chain(['book', 'pay', 'mail'], {
  code: (place, key, state) => {
    if (broken && place === 'onReply' && key === 'pay' && (state.ordinal as number) % 2 === 0) throw new Error('oops');
  },
});
const script: Script = ({ key, ordinal, purpose }) => {
  if (broken && purpose === 'step' && key === 'pay' && ordinal % 2 === 1)
    throw new PermanentCommandError('BROKEN', 'No.');
};
const lab = await openLab({ processes: [trip] });
const COUNT = 60;

beforeAll(async () => {
  await lab.work();
});

/** Half of the batch waits because a command failed, half because the code of the process did. */
async function parkBoth(): Promise<string> {
  broken = true;
  const batch_id = await lab.launch(trip, { count: COUNT, script });
  const rested = await lab.untilBatch(batch_id, 'AT_REST');
  expect(rested).toMatchObject({ in_troubleshooting_count: COUNT, waiting_count: 0 });
  return batch_id;
}

async function run(request: Omit<Parameters<typeof startTsqJob>[1], 'actor'>) {
  const { job_id } = await startTsqJob(lab.bus, { actor: 'ann', ...request });
  return until('the job has ended', async () => {
    const job = await readJob(lab.pool, job_id);
    return job !== null && job.status !== 'RUNNING' && job;
  });
}

test('T03: retry runs the one again, and drives the reply of the other again: no handler runs twice for it', async () => {
  const batch_id = await parkBoth();
  broken = false;
  expect(await run({ verb: 'retry', filter: { batch_id } })).toMatchObject({ done_count: COUNT, failed_count: 0 });
  const ended = await lab.untilBatch(batch_id, 'COMPLETED');
  expect(ended).toMatchObject({ completed_count: COUNT, in_troubleshooting_count: 0, failed_count: 0 });
  for (const process of await lab.processes(batch_id)) {
    const pays = process.ordinal % 2 === 0 ? ['step pay'] : ['step pay', 'step pay'];
    expect(lab.callsOf(process)).toEqual(['step book', ...pays, 'step mail']);
  }
  const { rows } = await lab.pool.query(
    `select (details ->> 'redriven')::boolean as redriven, count(*)::int as count from faultline.event
     where type = 'OPERATOR_RETRY' and batch_id = $1 group by 1 order by 1`,
    [batch_id],
  );
  expect(rows).toEqual([
    { redriven: true, count: COUNT / 2 },
    { redriven: null, count: COUNT / 2 },
  ]);
});

test('T03: cancel undoes what each process did, and the batch ends with exact counts', async () => {
  const batch_id = await parkBoth();
  const job = await run({ verb: 'cancel', filter: { batch_id }, reason: 'wrong year' });
  expect(job).toMatchObject({ done_count: COUNT, failed_count: 0 });
  expect(await lab.untilBatch(batch_id, 'COMPLETED_WITH_FAILURES')).toMatchObject({
    compensated_count: COUNT,
    in_troubleshooting_count: 0,
    waiting_count: 0,
  });
});

test('T03: complete takes each as done with the result that was given', async () => {
  const batch_id = await parkBoth();
  broken = false;
  const result = { by: 'hand' };
  expect(await run({ verb: 'complete', filter: { batch_id }, result })).toMatchObject({ done_count: COUNT });
  expect(await lab.untilBatch(batch_id, 'COMPLETED')).toMatchObject({ completed_count: COUNT });
});

test('a retry while nothing is mended brings each back to the queue, once', async () => {
  const batch_id = await parkBoth();
  expect(await run({ verb: 'retry', filter: { batch_id } })).toMatchObject({ done_count: COUNT, failed_count: 0 });
  const rested = await until('all wait again', async () => {
    const batch = await lab.batch(batch_id);
    const { rows } = await lab.pool.query(
      `select count(*)::int as count from faultline.process where batch_id = $1 and status = 'WAITING_FOR_TSQ'`,
      [batch_id],
    );
    return rows[0].count === COUNT && batch.status === 'AT_REST' && batch;
  });
  expect(rested).toMatchObject({ in_troubleshooting_count: COUNT });
});
