// What a program asks of chaos is checked like what the API is asked: a typing error is no silent calm.

import { createEnv, launchBatch, launchCommands, openService, silentLogger } from 'faultline';
import { changeBehavior, processBehaviorSchema } from 'faultline/chaos';
import { afterAll, expect, test } from 'vitest';
import { fieldErrors, PARSE } from '../../src/model/field-errors.ts';
import { assembly, openLab } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const plain = await openService({
  url: lab.database.url,
  env: createEnv(silentLogger),
  application: { name: 'plain', processes: [assembly], register: () => {} },
  data_dir: '',
});
afterAll(() => plain.close());

const launch = (behavior: Record<string, unknown> | null, on = bus, more = {}) =>
  launchBatch(on, { definition: assembly, count: 1, input: {}, behavior, ...more });
const pathsOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error) => error.errors?.map(({ path }: { path: string }) => path) ?? error,
  );
const rows = async () => {
  const { rows } = await lab.database.pool.query(
    `select (select count(*) from faultline.batch)::int as batches, (select count(*) from faultline.command)::int as commands,
       (select count(*) from faultline.batch_behavior)::int as behaviors`,
  );
  return rows[0];
};

const WRONG: [string, Record<string, unknown>][] = [
  ['behavior.bb', { bb: { timeout_pct: 5 } }],
  ['behavior.cut.timeot_pct', { cut: { timeot_pct: 5 } }],
  ['behavior.cut.fail_permanent_pct', { cut: { fail_permanent_pct: 500 } }],
];

test.each(WRONG)(
  'a launch of %s is refused in the words of the API, and nothing is written',
  async (path, behavior) => {
    const before = await rows();
    expect(await pathsOf(launch(behavior))).toEqual([path]);
    const parsed = processBehaviorSchema(['cut', 'weld', 'paint']).safeParse(behavior, PARSE);
    await expect(launch(behavior)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: fieldErrors(parsed.error?.issues ?? [], ['behavior']),
    });
    expect(await rows()).toEqual(before);
  },
);

test('so are a change under way, an experiment, and commands one by one and by template', async () => {
  const { batch_id } = await launch({ cut: { min_duration_ms: 1 } });
  const before = await rows();
  for (const [path, behavior] of WRONG)
    expect(await pathsOf(changeBehavior(lab.service, batch_id, behavior, { actor: 'ann' }))).toEqual([path]);
  const experiment = { stop_condition: [] };
  expect(await pathsOf(launch(null, bus, { experiment }))).toEqual(['experiment.stop_condition']);

  const wrong = { domain: 'e2e', type: 'TestCommand', behavior: { timeot_pct: 5 } };
  expect(await pathsOf(lab.service.send(wrong))).toEqual(['behavior.timeot_pct']);
  const right = { ...wrong, behavior: { timeout_pct: 5 } };
  expect(await pathsOf(lab.service.sendMany([right, wrong]))).toEqual(['commands.1.behavior.timeot_pct']);
  expect(await pathsOf(launchCommands(bus, { commands: [right, wrong] }))).toEqual(['commands.1.behavior.timeot_pct']);
  expect(await pathsOf(launchCommands(bus, { count: 2, template: wrong }))).toEqual(['template.behavior.timeot_pct']);
  expect(await rows()).toEqual(before);
});

test('a service without chaos takes none: CHAOS_NOT_INSTALLED, and nothing is written', async () => {
  const before = await rows();
  const refused = { code: 'CHAOS_NOT_INSTALLED' };
  const behavior = { fail_permanent_pct: 100 };
  await expect(launch({ cut: behavior }, plain.bus)).rejects.toMatchObject(refused);
  await expect(launch(null, plain.bus, { experiment: { scope_pct: 5 } })).rejects.toMatchObject(refused);
  await expect(plain.send({ domain: 'lab', type: 'Docut', behavior })).rejects.toMatchObject(refused);
  await expect(
    launchCommands(plain.bus, { count: 1, template: { domain: 'lab', type: 'Docut', behavior } }),
  ).rejects.toMatchObject({ ...refused, errors: [{ path: 'template.behavior' }] });
  expect(await rows()).toEqual(before);
  expect((await launch(null, plain.bus)).total_count).toBe(1);
});
