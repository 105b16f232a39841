// C06, C08, C20: a worker as a process of its own: what it is told to work and how much of it, and that it is the same worker as one
// in a program.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { chaosHooks } from '../../src/chaos/index.ts';
import { loadApplication } from '../../src/cli/compose.ts';
import { addSlots, slotsText } from '../../src/cli/work-options.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { killFaultlines, runFaultline, SLOW } from '../support/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 90_000 });

const APP = fileURLToPath(new URL('./holding-app.mjs', import.meta.url));

let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createTestDatabase();
  const application = await loadApplication(APP);
  service = await openService({
    url: database.url,
    env: createEnv(silentLogger),
    application,
    data_dir: '',
    hooks: chaosHooks,
  });
});

afterAll(async () => {
  killFaultlines();
  await service.close();
});

const work = (...args: string[]) => runFaultline(['work', '--database-url', database.url, '--app', APP, ...args]);
const rows = async (text: string, values: unknown[] = []) => (await database.pool.query(text, values)).rows;

describe('C08: slots as an option', () => {
  test.each([
    [['50'], { '*': 50 }],
    [['50', 'payments=5'], { '*': 50, payments: 5 }],
    [['*=50,payments=5,mail=1'], { '*': 50, payments: 5, mail: 1 }],
    [['payments=5', 'payments=7'], { payments: 7 }],
  ])('%j', (texts, expected) => {
    const slots = texts.reduce<Record<string, number> | undefined>((before, text) => addSlots(text, before), undefined);
    expect(slots).toEqual(expected);
    // As a supervisor hands it on.
    expect(addSlots(slotsText(slots ?? {}), undefined)).toEqual(expected);
  });

  test.each(['', 'many', '0', '10001', '=5', 'payments=', 'payments=x', '5,'])('%j is refused', (text) => {
    expect(() => addSlots(text, undefined)).toThrow(/whole number from 1 to 10000|Say it as/);
  });
});

test.each([
  ['a number out of range', ['--slots', '0'], 2, /whole number from 1 to 10000/],
  ['a domain without handlers', ['--domains', 'holding,paymnts'], 2, /no handler in paymnts. It has: .*holding/],
  ['slots of a domain it does not work', ['--slots', 'paymnts=5'], 1, /slots for the domain paymnts/],
])('%s is one line and an exit code', async (_how, args, code, message) => {
  const ended = await (await work(...args)).ended;
  expect(ended).toMatchObject({ code });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toContain('    at ');
});

test('C06: works the domains it is told, with the slots it is told, and Faultline’s own', async () => {
  const line = await work('--domains', 'holding', '--slots', '50', '--slots', 'holding=5');
  const listed = await until(
    'it is listed with its slots',
    async () => (await rows(`select domains, slots, by_domain from faultline.worker where by_domain ? 'holding'`))[0],
    SLOW,
  );
  expect(listed).toMatchObject({ domains: ['holding', 'faultline'], slots: 5 });
  expect(listed.by_domain).toMatchObject({ holding: { slots: 5 }, faultline: { slots: 2 } });
  line.child.kill('SIGTERM');
  expect((await line.ended).code).toBe(0);
});

test('ends injection into a batch that meets a stop condition', async () => {
  const { batch_id } = await launchBatch(service.bus, {
    definition: service.processes.all().find(({ type }) => type === 'Holding') as never,
    count: 5,
    input: { hold: true },
    experiment: { stop_conditions: [{ metric: 'backlog_age_ms', above: 300, action: 'abort' }] },
  });
  // One is held, so four wait.
  const line = await work('--slots', 'holding=1');
  const stopped = () => rows('select injection_stopped_at from faultline.batch where batch_id = $1', [batch_id]);
  await until('it is ended', async () => (await stopped())[0].injection_stopped_at, SLOW);
  line.child.kill('SIGKILL');
  await line.ended;
  await database.pool.query('delete from faultline.command');
});

describe('C20: one runtime', () => {
  /** Everything that became of a batch but its ids and times; the seed decides which attempts fail. */
  async function workedBy(start: () => Promise<() => Promise<unknown>>): Promise<unknown[]> {
    const { batch_id } = await launchBatch(service.bus, {
      definition: service.processes.all().find(({ type }) => type === 'Holding') as never,
      count: 40,
      input: { hold: false },
      seed: 'the-same-outcome',
      policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 30_000 },
      behavior: { hold: { fail_transient_pct: 40, fail_permanent_pct: 10, fail_business_rule_pct: 10 } },
    });
    const stop = await start();
    await until(
      'the batch rests or has ended',
      async () =>
        (
          await rows(
            `select 1 from faultline.batch where batch_id = $1 and coalesce(rested_at, completed_at) is not null`,
            [batch_id],
          )
        ).length,
      SLOW,
    );
    await stop();
    return rows(
      `select p.ordinal, p.status, c.status as command_status, c.result, c.error_code, c.park_reason,
         (select json_agg(json_build_array(a.attempt, a.outcome, a.effect, a.fault) order by a.attempt)
          from faultline.attempt a where a.command_id = c.command_id) as attempts
       from faultline.process p join faultline.command c on c.process_id = p.process_id
       where p.batch_id = $1 order by p.ordinal, c.created_at`,
      [batch_id],
    );
  }

  test('a worker in a program and `faultline work` do the same', async () => {
    const inProgram = await workedBy(async () => {
      const worker = service.createWorker({ poll_ms: 50 });
      await worker.start();
      return () => worker.stop();
    });
    const asProcess = await workedBy(async () => {
      const line = await work();
      return async () => {
        line.child.kill('SIGTERM');
        await line.ended;
      };
    });
    expect(asProcess).toEqual(inProgram);
    expect(inProgram).toHaveLength(40);
    expect(new Set(inProgram.map((row) => (row as { status: string }).status)).size).toBeGreaterThan(1);
  });
});
