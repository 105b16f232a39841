// How far a verdict has come is told while it is given, and nothing is told before and after.

import { expect, test } from 'vitest';
import type { Laboratory } from '../../src/verification/analysis.ts';
import { createVerdicts } from '../../src/verification/verdicts.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from '../verification/lab.ts';

const lab = await openVerdictLab();
await lab.work();

test('while it is given', async () => {
  const batch_id = await lab.launch({ count: 30, seed: 'progress' });
  await lab.untilRest(batch_id);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  /** All is verified, and the answer waits. */
  const laboratory: Laboratory = {
    ...lab.laboratory,
    async verify(...question) {
      const verified = await lab.laboratory.verify(...question);
      await held;
      return verified;
    },
  };
  const verdicts = createVerdicts(lab.database.pool, lab.service.bus.env, laboratory);
  expect(verdicts.progress(batch_id)).toBeNull();
  const reading = verdicts.read(batch_id);
  await until('all are verified', () => verdicts.progress(batch_id)?.verified === 30);
  letGo();
  expect((await reading).verdict).toBe('pass');
  expect(verdicts.progress(batch_id)).toBeNull();
});
