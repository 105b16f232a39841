// What a program may get wrong in a launch or a definition: refused at once, by the path of what is wrong, with nothing written.

import { UnknownProcessTypeError } from 'faultline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createEnv, type Logger, silentLogger } from '../../src/model/env.ts';
import { InvalidInputError } from '../../src/model/errors.ts';
import { defineProcess } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { openService } from '../../src/process/service.ts';
import { chain, DOMAIN, openLab } from './lab.ts';

/** What the requests of the definition make; tests set it. */
let made: Record<'first' | 'second', unknown> = { first: 1, second: 1 };
const step = (key: 'first' | 'second') => ({
  key,
  command: `Do${key}`,
  request: ({ script }: { script: string }, { ordinal }: { ordinal: number }) => ({
    script,
    key,
    ordinal,
    made: made[key],
  }),
});
const order = defineProcess({
  type: 'Order',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({ script: z.string(), units: z.number().optional(), any: z.unknown().optional() }),
  state: z.object({ script: z.string() }),
  start: ({ script }) => ({ script }),
  steps: [step('first'), step('second')],
});
const lab = await openLab({ processes: [order] });
await lab.work();
const written = async () =>
  (
    await lab.pool.query(
      'select (select count(*) from faultline.batch) as batches, (select count(*) from faultline.command) as commands',
    )
  ).rows[0];
const refusedAt = async (path: string, launching: () => Promise<unknown>) => {
  const before = await written();
  const error = await launching().then(
    () => null,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(InvalidInputError);
  expect(error.errors).toMatchObject([{ path }]);
  expect(error.message).toContain(path);
  expect(await written()).toEqual(before);
};
const holed: unknown[] = [1, 2];
delete holed[0];

const LOST: [string, unknown, string][] = [
  ['a Map', new Map(), ''],
  ['a function', { f: () => 1 }, '.f'],
  ['a BigInt', [1n], '.0'],
  ['undefined in an array', [undefined], '.0'],
  ['NaN', { n: Number.NaN }, '.n'],
  ['-0', -0, ''],
  ['a hole', holed, '.0'],
  ['a time that is none', new Date(Number.NaN), ''],
];

test.each([...LOST, ['a Date', { d: new Date(0) }, '.d'] as const])(
  '%s in the payload of a first step refuses the launch',
  async (_what, value, path) => {
    made = { first: value, second: 1 };
    await refusedAt(`payload.made${path}`, () => lab.launch(order));
  },
);

test.each(LOST)('%s in an input', async (_what, any, path) => {
  made = { first: 1, second: 1 };
  const launching = () => launchBatch(lab.bus, { definition: order, count: 1, input: { script: 's', any } });
  await refusedAt(`input.any${path}`, launching);
});

test('in the payload of a later step: the process waits, told which field, and nothing was sent', async () => {
  made = { first: 1, second: { when: [new Date(0)] } };
  const batch_id = await lab.launch(order);
  const waiting = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  expect(waiting).toMatchObject({ error_code: 'ADVANCE_FAILED', path: ['first'] });
  expect(waiting.error_message).toContain('payload.made.when.0 must be a JSON value');
});

test('an input that the schema does not take names the field', () =>
  refusedAt('input.units', () =>
    launchBatch(lab.bus, { definition: order, count: 1, input: { script: 's', units: 'many' } }),
  ));

test.each([
  ['name', { name: 'x'.repeat(201) }],
  ['name', { name: 'x\0' }],
  ['seed', { seed: 'no spaces' }],
  ['reply_to', { reply_to: '' }],
])('%s out of bounds: %j', async (path, request) => {
  made = { first: 1, second: 1 };
  await refusedAt(path, () => lab.launch(order, request));
});

test('a definition that is not registered in the service', async () => {
  const before = await written();
  const launching = lab.launch(chain(['book'], { type: 'Other' }));
  await expect(launching).rejects.toThrow(UnknownProcessTypeError);
  await expect(launching).rejects.toThrow('Process type Other is not registered here; known: Order.');
  await expect(lab.launch({ ...order, version: 2 })).rejects.toThrow(
    'Process type Order version 2 is not registered here; known: Order version 1.',
  );
  expect(await written()).toEqual(before);
});

test('a worker says when it is made which commands no one here can execute, of the domains that it works in', async () => {
  const told: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void told.push(fields) };
  const service = await openService({
    url: lab.database.url,
    env: createEnv(logger),
    application: {
      name: 'half',
      processes: [order, chain(['far'], { type: 'Far' })],
      register: (registry) => registry.register(DOMAIN, 'Dofirst', () => 1),
    },
    data_dir: '',
  });
  try {
    service.createWorker({ domains: ['elsewhere'] });
    expect(told).toEqual([]);
    service.createWorker();
    const sends = (what: string) => `${what} version 1 sends ${DOMAIN}`;
    expect(told).toEqual([
      { unhandled: [`${sends('Order')}/Dosecond`, `${sends('Far')}/Dofar`, `${sends('Far')}/Undofar`] },
    ]);
  } finally {
    await service.close();
  }
});
