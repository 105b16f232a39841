// Progress is reported while a verdict is computed, and only then.

import { expect, test } from 'vitest';
import { type Analysis, Verdicts } from '../../src/verification/index.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from '../verification/lab.ts';

const lab = await openVerdictLab();
await lab.work();

test('reports progress while a verdict is computed', async () => {
  const batch_id = await lab.launch({ count: 30, seed: 'progress' });
  await lab.untilRest(batch_id);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  /** Verifies everything, then holds its answer back. */
  const analysis: Analysis = {
    ...lab.analysis,
    async verify(...question) {
      const verified = await lab.analysis.verify(...question);
      await held;
      return verified;
    },
  };
  const verdicts = new Verdicts(lab.database.pool, lab.service.bus.env, analysis);
  expect(verdicts.progress(batch_id)).toBeNull();
  const reading = verdicts.read(batch_id);
  await until('all are verified', () => verdicts.progress(batch_id)?.verified === 30);
  // Another one waits for it.
  const again = verdicts.verify(batch_id);
  await verdicts.peek(batch_id);
  expect(verdicts.progress(batch_id)?.verified).toBe(30);
  release();
  expect((await reading).verdict).toBe('pass');
  expect((await again).verdict).toBe('pass');
  expect(verdicts.progress(batch_id)).toBeNull();
});
