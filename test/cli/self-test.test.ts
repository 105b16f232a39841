// The oracle is itself tested: a sound batch passes, and every broken variant fails by the check that is there for it and no other.

import { expect, test } from 'vitest';
import { runSelfTest } from '../../src/verification/self-test/run.ts';
import { VARIANTS } from '../../src/verification/self-test/variants.ts';
import { createTestDatabase } from '../support/database.ts';

test('every broken variant is told, by its own check', { timeout: 180_000 }, async () => {
  const { url } = await createTestDatabase({ empty: true });
  const results = await runSelfTest(url);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  expect(results).toHaveLength(VARIANTS.length + 1);
});
