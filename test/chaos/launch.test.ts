// Launching: the behavior of a batch reaches the state of its processes, and from there the row of every step.

import { expect, test } from 'vitest';
import { launchBatch } from '../../src/process/launch.ts';
import { until } from '../support/until.ts';
import { assembly, openLab } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const { pool } = lab.database;

test('launched with behavior, every process writes a row with each step; without, none writes any', async () => {
  const behavior = { cut: { min_duration_ms: 1 }, paint: { fail_transient_pct: 0, error_code: 'E' }, weld: null };
  const chaotic = await launchBatch(bus, { definition: assembly, count: 30, input: {}, behavior });
  const calm = await launchBatch(bus, { definition: assembly, count: 30, input: {} });
  const worker = await lab.work();
  const ended = async (batch_id: string) => {
    const { rows } = await pool.query(
      `select count(*) as count from faultline.process where batch_id = $1 and status = 'COMPLETED'`,
      [batch_id],
    );
    return rows[0]?.count === 30;
  };
  await until('both batches are done', async () => (await ended(chaotic.batch_id)) && (await ended(calm.batch_id)));
  await worker.stop();

  const { rows } = await pool.query(
    `select p.state -> 'behavior' as state_behavior, c.step, t.behavior,
       t.payload = jsonb_build_object('process_id', c.process_id, 'process_step', c.step) as payload_fits, count(*) as count
     from faultline.process p
       join faultline.command c on c.process_id = p.process_id
       left join e2e.test_command t on t.command_id = c.command_id
     where p.batch_id = $1 group by 1, 2, 3, 4 order by 2`,
    [chaotic.batch_id],
  );
  const all = { state_behavior: behavior, count: 30 };
  expect(rows).toEqual([
    { ...all, step: 'cut', behavior: { min_duration_ms: 1 }, payload_fits: true },
    { ...all, step: 'paint', behavior: { fail_transient_pct: 0, error_code: 'E' }, payload_fits: true },
    { ...all, step: 'weld', behavior: null, payload_fits: null },
  ]);
  const { rows: calmRows } = await pool.query(
    `select count(*) as commands, count(t.command_id) as chaotic, count(*) filter (where c.annotated) as annotated
     from faultline.command c left join e2e.test_command t using (command_id, lane)
     where c.batch_id = $1 and c.purpose = 'step'`,
    [calm.batch_id],
  );
  expect(calmRows).toEqual([{ commands: 90, chaotic: 0, annotated: 0 }]);
});
