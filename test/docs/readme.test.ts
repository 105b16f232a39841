// The README's example is a program that compiles and does what the README says.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { bank } from './example/bank.ts';
import { runLab } from './example/lab.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);

test.each(['payouts.ts', 'lab.ts'])('the README shows %s as it is', (name) => {
  const source = readFileSync(new URL(`./example/${name}`, import.meta.url), 'utf8');
  expect(blocks.find((block) => block?.startsWith(`// ${name}:`))).toBe(source);
});

test('every dependency says what it is for, and nothing else is listed', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const installed = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
  const covers = (name: string, entry: string) =>
    entry.endsWith('/*') ? name.startsWith(entry.slice(0, -1)) : name === entry;
  expect(installed.filter((name) => !listed.some((entry) => covers(name, entry)))).toEqual([]);
  expect(listed.filter((entry) => !installed.some((name) => covers(name, entry)))).toEqual([]);
});

test('the example ends as the README says, and its books are right', async () => {
  const db = await createTestDatabase({ empty: true });
  const { service, worker, batch } = await runLab(db.url);
  try {
    const rested = await until(
      'the batch is at rest',
      async () => {
        const { rows } = await db.pool.query(
          `select completed_count, compensated_count, in_troubleshooting_count
           from faultline.batch where batch_id = $1 and status = 'AT_REST'`,
          [batch.batch_id],
        );
        return rows[0];
      },
      { deadline_ms: 60_000 },
    );
    // Outcome is a function of the seed: these are the numbers in every run, on every machine.
    expect(rested).toEqual({ completed_count: 483, compensated_count: 14, in_troubleshooting_count: 3 });
    expect(readme).toContain('483 completed, 14 compensated, 3 wait');
    const { start_cents, available_cents, reserved, transfers } = bank.books();
    expect({ transfers: transfers.size, reserved: reserved.size }).toEqual({ transfers: 483, reserved: 486 });
    expect(available_cents).toBe(start_cents - 1_250 * 486);
  } finally {
    await worker.stop();
    await service.close();
  }
}, 90_000);
