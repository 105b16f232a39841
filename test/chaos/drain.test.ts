// A worker that stops during an injected delay: the attempt is given back, and its handler never runs.

import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openLab, work } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

test('a delay ends when the worker stops', async () => {
  const worker = await lab.work();
  const command = work({ min_duration_ms: 3_600_000 });
  await lab.send(command);
  await until('it is under way', async () => {
    const { rows } = await pool.query(`select 1 from faultline.command where status = 'IN_PROGRESS'`);
    return rows.length === 1;
  });
  await worker.stop();
  const { rows } = await pool.query(
    `select c.status, a.outcome, a.effect, a.fault from faultline.command c join faultline.attempt a using (command_id)`,
  );
  expect(rows).toEqual([{ status: 'PENDING', outcome: 'released', effect: 'RELEASED', fault: null }]);
  expect(lab.handled.size).toBe(0);
});
