// Two services share a domain, and each knows one type of process: what one settles of the other's goes through the reply queue.

import { expect, test } from 'vitest';
import { consumeReplies, discardReply } from '../../src/bus/replies.ts';
import { NotFoundError, WrongStateError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { redriveReply } from '../../src/process/replies.ts';
import { until } from '../support/until.ts';
import { chain, openLab } from './lab.ts';

const steps = ['book', 'pay'];
const ones = chain(steps, { type: 'Ones' });
const others = chain(steps, { type: 'Others' });
const one = await openLab({ processes: [ones] });
const other = await openLab({ processes: [others], database: one.database });

async function kept(batch_id: string) {
  const { rows } = await one.pool.query<{ reply_id: string }>(
    'select * from faultline.reply where batch_id = $1 order by reply_id',
    [batch_id],
  );
  return rows;
}

/** A batch of the other service's processes whose first steps were done by the one that does not know them. */
async function doneByTheOne(count: number) {
  const batch_id = await other.launch(others, { count });
  const launching = await other.work({ domains: ['faultline'] });
  await other.untilBatch(batch_id, 'RUNNING');
  await launching.stop();
  const worker = await one.work({ domains: ['lab'] });
  await until('the replies are kept', async () => (await kept(batch_id)).length === count);
  await worker.stop();
  return batch_id;
}

test('P: working side by side, the processes of both complete, and no reply is left', async () => {
  const workers = [await one.work(), await other.work()];
  const batches = [await one.launch(ones, { count: 40 }), await other.launch(others, { count: 40 })];
  for (const batch_id of batches) await one.untilProcesses(batch_id, 'COMPLETED');
  for (const batch_id of batches) expect(await kept(batch_id)).toEqual([]);
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('a kept reply says why it waits, is not for consuming or deleting, and is routed by who knows the process', async () => {
  const batch_id = await doneByTheOne(2);
  const [first, second] = await kept(batch_id);
  expect(first).toMatchObject({
    queue: 'lab__replies',
    note: 'Others version 1 is not registered in this service',
    outcome: 'SUCCESS',
  });
  const reply_id = first?.reply_id as string;
  expect(await consumeReplies(one.bus, 'lab__replies')).toEqual([]);
  await expect(discardReply(one.bus, reply_id)).rejects.toBeInstanceOf(WrongStateError);
  await expect(redriveReply(one.bus, one.service.processes, reply_id)).rejects.toThrow(
    /Others version 1 is not registered/,
  );
  await expect(redriveReply(other.bus, other.service.processes, newId())).rejects.toBeInstanceOf(NotFoundError);

  // Two at once: one routes it, the other is told.
  const both = await Promise.allSettled([1, 2].map(() => redriveReply(other.bus, other.service.processes, reply_id)));
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await kept(batch_id)).map((reply) => reply.reply_id)).toEqual([second?.reply_id]);

  const worker = await other.work();
  const rows = await other.untilProcesses(batch_id, 'COMPLETED');
  for (const process of rows) expect(process.command_ids).toHaveLength(2);
  await worker.stop();
});
