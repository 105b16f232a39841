// The formula of a roll is enough: a script of thirty lines in another language, SQL, comes to the same thousand rolls.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { roll } from '../../src/chaos/roll.ts';
import { createTestDatabase } from '../support/database.ts';

interface Row extends Record<string, unknown> {
  seed: string;
  key: string;
  step: string;
  attempt: number;
  fault: string;
  roll: number;
}

test('a thousand rolls, reproduced in SQL', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  const { rows } = await pool.query<Row>(readFileSync(new URL('./rolls.sql', import.meta.url), 'utf8'));
  expect(rows).toHaveLength(1_000);
  expect(new Set(rows.map((row) => row.roll)).size).toBe(1_000);
  const differing = rows.filter(
    ({ seed, key, step, attempt, fault, roll: drawn }) => roll(seed, key, step, attempt, fault) !== drawn,
  );
  expect(differing).toEqual([]);
});
