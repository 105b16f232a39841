// Code of a definition that throws for some processes of a batch only: no one could foresee it at the launch. The rest is created
// and runs; the batch says which process stands in its way, can be cancelled, and goes on by itself once the code is mended.

import { expect, test } from 'vitest';
import { readLaunchError } from '../../src/db/queries/batches.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { chain, openLab } from '../process/lab.ts';
import { until } from '../support/until.ts';

let thrown: unknown = null;
const trip = chain(['book', 'pay'], {
  code: (place, ordinal) => {
    if (place === 'start' && ordinal === '1500' && thrown !== null) throw thrown;
  },
});

const errors: [string, unknown][] = [
  ['an error', new Error('no such account')],
  ['what says that it is permanent', new PermanentCommandError('NO_ACCOUNT', 'no such account')],
  ['a business rule', new BusinessRuleError('NO_ACCOUNT', 'no such account')],
];

test.each(errors)('%s: the other chunks are done; mended, the batch is completed', async (_what, error) => {
  const lab = await openLab({ processes: [trip] });
  thrown = error;
  await lab.work();
  const batch_id = await lab.launch(trip, { count: 3_000 });
  await until('the two good chunks are through', async () => {
    const { rows } = await lab.pool.query(`select 1 from faultline.process where status = 'COMPLETED'`);
    return rows.length === 2_000;
  });
  const told = await until('it is told why', () => readLaunchError(lab.pool, batch_id));
  expect(told).toEqual({
    error_code: 'UNKNOWN_ERROR',
    error_message: 'Error: Process 1500 cannot be started: no such account',
    attempts: expect.any(Number),
  });
  expect((await lab.batch(batch_id)).status).toBe('CREATING');
  thrown = null;
  await lab.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 15_000 });
  expect(await readLaunchError(lab.pool, batch_id)).toBeNull();
});

test('it can be cancelled: what was never attempted is, and nothing more is created', async () => {
  const lab = await openLab({ processes: [trip] });
  thrown = new Error('no such account');
  const launching = await lab.work({ domains: ['faultline'] });
  const batch_id = await lab.launch(trip, { count: 2_000 });
  await until('it is told why', () => readLaunchError(lab.pool, batch_id));
  await until('the good chunk is through', async () => (await lab.processes(batch_id)).length === 1_000);
  await cancelBatch(lab.bus, batch_id, { actor: 'ann' });
  expect(await lab.untilBatch(batch_id, 'CANCELED')).toMatchObject({ created_count: 1_000, canceled_count: 1_000 });
  // The batch is cancelled before the job that did it is settled.
  const open = `select 1 from faultline.command where status in ('PENDING', 'IN_PROGRESS')`;
  await until('nothing is open', async () => (await lab.pool.query(open)).rowCount === 0);
  await launching.stop();
});
