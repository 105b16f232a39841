// What doctor makes of an application, and what loading one says: one line that names what is missing.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import application from '../../reporting/app.ts';
import { loadApplication } from '../../src/cli/compose.ts';
import { checkApplication } from '../../src/cli/doctor-application.ts';
import type { Application } from '../../src/process/application.ts';
import { chain, DOMAIN } from '../process/lab.ts';

const folder = await mkdtemp(join(tmpdir(), 'faultline-doctor-'));
afterAll(() => rm(folder, { recursive: true }));

const findingsOf = async (app: Partial<Application>) =>
  (await checkApplication({ name: 'shop', processes: [], register: () => {}, ...app }, folder)).map(
    ({ check, state, says }) => `${check} ${state}: ${says}`,
  );

test('the bundled application is sound', async () => {
  expect(await checkApplication(application, folder)).toEqual([
    { check: 'application', state: 'ok', says: expect.stringContaining('StatementReport') },
    { check: 'handlers', state: 'ok', says: 'every command has one' },
  ]);
});

test('a process defined twice, and a register that throws, fail', async () => {
  const trip = chain(['book'], { type: 'P' });
  expect(await findingsOf({ processes: [trip, { ...trip }] })).toEqual([
    'application fail: shop: Two definitions of P@1 are registered.',
  ]);
  const register = () => {
    throw new Error('no keys');
  };
  expect(await findingsOf({ register })).toEqual(['application fail: shop: no keys']);
  const telling = () => {
    throw new Error('no answer of postgres://ada:s3cret@h/d');
  };
  expect(await findingsOf({ register: telling })).toEqual([
    'application fail: shop: no answer of postgres://ada:***@h/d',
  ]);
});

test('a command without handler is a warning: another service may have one', async () => {
  const trip = chain(['book'], { type: 'P' });
  expect(
    await findingsOf({ processes: [trip], register: (registry) => registry.register(DOMAIN, 'Dobook', () => 1) }),
  ).toEqual([
    'application ok: shop: P',
    `handlers warn: not handled by this application: P version 1 sends ${DOMAIN}/Undobook`,
  ]);
});

test.each([
  ['export const nothing = 1;', /exports no application: it must be named `application`/],
  ["export const application = { name: 'a', processes: [] };", /lacks register, a function/],
  ['export default { register() {} };', /lacks name, a text; and processes, an array of definitions/],
  ["throw new Error('no keys\\nsecond line');", /cannot be loaded: no keys$/],
  ['throw null;', /cannot be loaded: null$/],
  ['export const application = ;', /cannot be loaded: .+$/],
])('a module of %s', async (text, message) => {
  const path = join(folder, `${Math.random()}.mjs`);
  await writeFile(path, text);
  const error = await loadApplication(path).then(
    () => null,
    (thrown: Error) => thrown,
  );
  expect(error?.message).toMatch(message);
  expect(error?.message).not.toContain('\n');
});
