// A job that waits for its database: what it leaves behind on its worker, which outlives it.

import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { HandlerContext } from '../../src/bus/handlers.ts';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { command, item, openLab } from './lab.ts';

test('waiting for a database that is away leaves nothing on the signal of its worker', async () => {
  const lab = await openLab();
  await lab.send(command());
  const outcome = { kind: 'permanent', error_code: 'BROKEN' } as const;
  await settleSet(
    lab.bus,
    (await lab.claim()).map((one) => item(one, outcome)),
  );
  const { job_id } = await startTsqJob(lab.bus, { verb: 'retry', filter: { all: true }, actor: 'ada' });
  const away = 4;
  let tries = 0;
  lab.on('in_job_slice', () => {
    if (++tries <= away) throw Object.assign(new Error('Connection terminated'), { code: '08006' });
  });
  const { signal } = new AbortController();
  const job = lab.service.registry.find('faultline', 'TsqJob');
  await job?.({ job_id }, { signal } as HandlerContext);
  expect(tries).toBeGreaterThan(away);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
