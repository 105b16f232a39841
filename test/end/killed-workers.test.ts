// Workers killed outright (SIGKILL): at every point that has a name, one after the other, and at any moment, several at a time.
// The worker that takes over finds everything: no step is lost, none is settled twice, no document is missing or left over.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { StatementReport } from '../../reporting/process.ts';
import type { ProbePoint } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { defineProcess } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { openLab } from '../process/lab.ts';
import { builtFolder } from '../support/built.ts';
import { type CommandLine, runFaultline } from '../support/command-line.ts';
import { until } from '../support/until.ts';
import { openBankService } from './bank-service.ts';
import { failedChecks, findViolations } from './story.ts';

const CHILD = fileURLToPath(new URL('./mortal-worker.mjs', import.meta.url));
const children = new Set<{ kill(signal: NodeJS.Signals): boolean }>();

beforeAll(async () => {
  await builtFolder();
}, 120_000);

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Only what is needed to launch: the definition that runs is the workers' own. */
const relay = defineProcess({
  type: 'Relay',
  version: 1,
  domain: 'relay',
  input: z.strictObject({}),
  state: z.object({ done: z.array(z.string()) }),
  start: () => ({ done: [] }),
  steps: [{ key: 'take', command: 'Dotake', request: (_state, { process_id }) => ({ process_id, key: 'take' }) }],
});

describe('at every named point', () => {
  /** In the order in which a batch comes by. Each dies when it has been there so many times. */
  const DEATHS: [ProbePoint, number][] = [
    ['in_chunk', 1],
    ['after_chunk', 1],
    ['before_claim', 4],
    ['after_claim', 3],
    ['before_handler', 30],
    ['in_reap', 1],
    ['after_handler', 45],
    ['before_settle', 3],
    ['in_transition', 4],
    ['in_settle', 3],
    ['after_settle', 5],
  ];
  const COUNT = 400;

  test('each leaves all it had to the next', { timeout: 90_000 }, async () => {
    const lab = await openLab({ processes: [relay] });
    await lab.pool.query('create table effect (process_id uuid, key text, times int, primary key (process_id, key))');
    const { batch_id } = await launchBatch(lab.bus, { definition: relay, count: COUNT, input: {} });

    let before = '-';
    const run = (point: string, times: number) => {
      const worker_id = newId();
      const child = spawn(process.execPath, [CHILD, lab.database.url, worker_id, before, point, String(times)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      children.add(child);
      before = worker_id;
      return new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
        child.once('close', (code, signal) => done({ code, signal })),
      );
    };
    for (const [point, times] of DEATHS)
      expect({ point, ...(await run(point, times)) }).toMatchObject({ point, signal: 'SIGKILL' });
    const last = run('-', 0);
    await lab.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 30_000 });
    for (const child of children) child.kill('SIGTERM');
    expect(await last).toEqual({ code: 0, signal: null });

    expect(await findViolations(lab.pool, batch_id)).toEqual([]);
    const { rows } = await lab.pool.query(
      `select (select count(*)::int from effect) as effects,
         (select count(*)::int from faultline.attempt where purpose = 'step' and outcome = 'success') as successes,
         (select count(*)::int from faultline.attempt where purpose = 'step' and outcome = 'lease_expired') as terminated,
         (select count(*)::int from faultline.attempt where purpose = 'step' and outcome not in ('success', 'lease_expired')) as others,
         (select sum(times)::int from effect) as made,
         (select max(attempts) from faultline.command where purpose = 'step') as most_attempts`,
    );
    const { terminated, made, most_attempts, ...counts } = rows[0];
    expect(counts).toEqual({ effects: 3 * COUNT, successes: 3 * COUNT, others: 0 });
    expect(terminated, 'the kills met attempts under way').toBeGreaterThan(0);
    expect(made, 'made again at most where an attempt was terminated').toBeLessThanOrEqual(3 * COUNT + terminated);
    expect(most_attempts).toBeGreaterThan(1);
  });
});

test('at any moment, two at a time, with statements to make', { timeout: 90_000 }, async () => {
  const COUNT = 600;
  const bank = await openBankService();
  const batch_id = await bank.launch({ count: COUNT });
  const start = async (replaces: string) => {
    const worker_id = newId();
    const line = await runFaultline(
      ['work', '--database-url', bank.database.url, '--data-dir', bank.data_dir, '--slots', '20'],
      { FAULTLINE_WORKER_ID: worker_id, FAULTLINE_REPLACES: replaces },
    );
    children.add(line.child);
    return { worker_id, line };
  };
  const settledBy = async (worker_id: string) => {
    const { rows } = await bank.pool.query(
      `select count(*)::int as count from faultline.attempt where worker_id = $1 and purpose = 'step'`,
      [worker_id],
    );
    return rows[0].count as number;
  };

  const workers: { worker_id: string; line: CommandLine }[] = [await start(''), await start('')];
  for (let kill = 0; kill < 4; kill++) {
    const victim = workers[kill % 2] as (typeof workers)[number];
    await until('the victim is in the middle of its work', async () => (await settledBy(victim.worker_id)) > 40, {
      deadline_ms: 30_000,
    });
    victim.line.child.kill('SIGKILL');
    await victim.line.ended;
    workers[kill % 2] = await start(victim.worker_id);
  }
  await bank.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 60_000, every_ms: 50 });
  for (const { line } of workers) line.child.kill('SIGTERM');
  for (const { line } of workers) expect((await line.ended).code).toBe(0);

  expect(await findViolations(bank.pool, batch_id)).toEqual([]);
  expect(await failedChecks(bank.pool, batch_id, StatementReport)).toEqual([]);
  expect(await bank.documents(batch_id)).toEqual(new Map([['COMPLETED: query aggregation render', COUNT]]));
  const { rows } = await bank.pool.query(
    `select outcome, count(*)::int as count from faultline.attempt where purpose = 'step' group by outcome order by outcome`,
  );
  expect(rows.map(({ outcome }) => outcome)).toEqual(['lease_expired', 'success']);
  expect(rows[1].count).toBe(3 * COUNT);
});
