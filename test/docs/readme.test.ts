// The example of the README and the guide compiles and has the outcome that the guide states.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { bank } from './example/bank.ts';
import { runLab } from './example/lab.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const guide = read('docs/guide.md');

test.each([
  ['README.md', 'payouts.ts'],
  ['docs/guide.md', 'lab.ts'],
])('%s shows %s unchanged', (page, name) => {
  expect(read(page)).toContain(`\`\`\`ts\n${read(`test/docs/example/${name}`)}\`\`\``);
});

test('the README stays under 120 lines', () => {
  expect(readme.split('\n').length).toBeLessThan(120);
});

test('docs/dependencies.md lists every dependency and nothing else', () => {
  const manifest = JSON.parse(read('package.json'));
  const installed = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
  const covers = (name: string, entry: string) =>
    entry.endsWith('/*') ? name.startsWith(entry.slice(0, -1)) : name === entry;
  expect(installed.filter((name) => !listed.some((entry) => covers(name, entry)))).toEqual([]);
  expect(listed.filter((entry) => !installed.some((name) => covers(name, entry)))).toEqual([]);
});

test('the example has the outcome that the guide states, and the books of the bank balance', async () => {
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
    // The outcome depends only on the seed.
    expect(rested).toEqual({ completed_count: 483, compensated_count: 14, in_troubleshooting_count: 3 });
    expect(guide).toContain('483 completed, 14 compensated, 3 wait');
    const { start_cents, available_cents, reserved, transfers } = bank.books();
    expect({ transfers: transfers.size, reserved: reserved.size }).toEqual({ transfers: 483, reserved: 486 });
    expect(available_cents).toBe(start_cents - 1_250 * 486);
  } finally {
    await worker.stop();
    await service.close();
  }
}, 90_000);
