// faultline prune as people run it: what it refuses, counts, deletes and says, and its exit codes.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { runFaultline } from '../support/command-line.ts';
import { createTestDatabase, emptyTables } from '../support/database.ts';
import { insertBatch, insertCommand, insertProcess } from '../support/factories.ts';

vi.setConfig({ testTimeout: 60_000 });
const { pool, url } = await createTestDatabase();
const folder = await mkdtemp(join(tmpdir(), 'faultline-prune-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  await emptyTables(pool, 'faultline.batch', 'faultline.process', 'faultline.command');
});

const prune = async (...args: string[]) =>
  (await runFaultline(['prune', '--data-dir', folder, ...args], { DATABASE_URL: url })).ended;

async function endedBatch(days: number): Promise<string> {
  const completed_at = new Date(Date.now() - days * 86_400_000);
  const { batch_id } = await insertBatch(pool, 'COMPLETED', { completed_at });
  const { command_id } = await insertCommand(pool, 'COMPLETED', { batch_id });
  const { process_id } = await insertProcess(pool, 'COMPLETED', { batch_id, command_ids: [command_id] });
  const artifacts = join(folder, 'artifacts', batch_id, '0', process_id);
  await mkdir(artifacts, { recursive: true });
  await writeFile(join(artifacts, 'render.csv'), 'x');
  return batch_id;
}

const batches = async () =>
  (await pool.query<{ batch_id: string }>('select batch_id from faultline.batch order by batch_id')).rows.map(
    ({ batch_id }) => batch_id,
  );

test('counts first, then deletes what is older, documents included, and finds nothing the next time', async () => {
  const old = await endedBatch(40);
  const young = await endedBatch(20);
  const dry = await prune('--older-than', '30d', '--dry-run', '--json');
  expect({ code: dry.code, ...JSON.parse(dry.stdout) }).toMatchObject({
    code: 0,
    dry_run: true,
    batches: 1,
    in_batches: 2,
  });
  expect(await batches()).toEqual([old, young]);

  const done = await prune('--older-than', '30d', '--json');
  expect({ code: done.code, ...JSON.parse(done.stdout) }).toMatchObject({
    code: 0,
    finished: true,
    counts: { batches: 1, processes: 1, commands: 1 },
  });
  expect(await batches()).toEqual([young]);
  expect(await readdir(join(folder, 'artifacts'))).toEqual([young]);

  const again = await prune('--older-than', '30d');
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringMatching(/^Deleted of what ended before .*:\nnothing\n$/),
  ]);
});

test('without an age the settings say it, and where they do not, it is asked for', async () => {
  const old = await endedBatch(40);
  const refused = await prune();
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--older-than')]);
  expect(await batches()).toEqual([old]);
  await pool.query(
    `insert into faultline.setting (key, value) values ('runtime', '{"retention": {"prune_after_days": 30}}')`,
  );
  expect((await prune()).code).toBe(0);
  expect(await batches()).toEqual([]);
});

test('what is left for now is told, with exit code 5: stopped early, or something of a batch is open', async () => {
  const batch_id = await endedBatch(40);
  const early = await prune('--older-than', '30d', '--max-slices', '1');
  expect([early.code, early.stdout]).toEqual([5, expect.stringContaining('run it again for the rest')]);
  expect((await prune('--older-than', '30d')).code).toBe(0);
  const other = await endedBatch(40);
  await pool.query(`update faultline.command set status = 'PENDING' where batch_id = $1`, [other]);
  const open = await prune('--older-than', '30d');
  expect([open.code, open.stdout]).toEqual([5, expect.stringContaining('something remains for now: 1')]);
  expect(await batches()).toEqual([other]);
  expect(other).not.toBe(batch_id);
});

test.each([
  ['--older-than', '30'],
  ['--older-than', '59m'],
  ['--older-than', '-1d'],
  ['--older-than', '30d', '--states', 'completed,open'],
  ['--older-than', '30d', '--batches', '--commands'],
  ['--older-than', '30d', '--max-slices', '0'],
])('%s %s is a mistake of usage, and nothing is deleted', async (...args) => {
  const batch_id = await endedBatch(40);
  expect((await prune(...args)).code).toBe(2);
  expect(await batches()).toEqual([batch_id]);
});
