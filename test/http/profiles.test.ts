// Profiles over HTTP: built-in ones fit every process, saved ones are checked, named once, exported and imported all or nothing.
// What is refused says which field, and writes nothing.

import { describe, expect, test } from 'vitest';
import { processBehaviorSchema } from '../../src/chaos/behavior.ts';
import { builtinProfiles } from '../../src/chaos/profiles.ts';
import type { Profile } from '../../src/http/contract.ts';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const STEPS = ['query', 'aggregation', 'render'];
const SLOW = { render: { min_duration_ms: 500 } };

const send = (method: 'PUT' | 'DELETE', path: string, payload?: object) =>
  lab.app.inject({ method, url: `/api/v1${path}`, ...(payload && { payload }) });
const save = async (body: object): Promise<Profile> => {
  const answer = await lab.post('/profiles', body);
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json();
};
const list = async (query = ''): Promise<Profile[]> => (await lab.get(`/profiles${query}`)).json().items;
const saved = async (): Promise<number> =>
  (await pool.query('select count(*)::int as n from faultline.profile')).rows[0].n;

describe('built-in', () => {
  test.each([[STEPS], [['only']], [['a', 'b', 'c', 'd', 'e']]])('for the steps %j', (steps) => {
    const profiles = builtinProfiles(steps);
    expect(profiles.map(({ name }) => name)).toEqual([
      'Flaky network',
      `Slow ${steps.at(-1)}`,
      'One step down',
      'Retry storm',
      'Poison 1 %',
      'Everything at once',
    ]);
    for (const { profile_id, description, behavior } of profiles) {
      expect(profile_id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(description).toMatch(/^[A-Z][^.]*(\d\.\d[^.]*)?\.$/);
      expect(Object.keys(processBehaviorSchema(steps).parse(behavior))).not.toEqual([]);
    }
  });

  test('there are none without steps', () => expect(builtinProfiles([])).toEqual([]));

  test('come first, for the steps of the process type, and can be launched as they are', async () => {
    await save({ name: 'aardvark', behavior: SLOW });
    const profiles = await list('?process_type=StatementReport');
    expect(profiles.map(({ builtin }) => builtin)).toEqual([true, true, true, true, true, true, false]);
    expect(profiles[1]).toMatchObject({ profile_id: 'slow-render', process_type: 'StatementReport', created_at: null });
    for (const { behavior } of profiles) await lab.launch({ behavior });
    const one = await lab.get('/profiles/slow-render?process_type=StatementReport');
    expect(one.json()).toEqual(profiles[1]);
    expect((await list()).map(({ builtin }) => builtin)).toEqual([false]);
  });

  test('of a type that is not registered there are none', async () => {
    const answer = await lab.get('/profiles?process_type=Payout');
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'UNKNOWN_PROCESS_TYPE']);
  });

  test('cannot be changed or deleted, and their names are taken', async () => {
    expect((await send('PUT', '/profiles/flaky-network', { name: 'mine', behavior: SLOW })).statusCode).toBe(409);
    expect((await send('DELETE', '/profiles/flaky-network')).json().code).toBe('WRONG_STATE');
    const answer = await lab.post('/profiles', { name: 'Slow render', behavior: SLOW });
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'PROFILE_NAME_TAKEN']);
  });
});

describe('saved', () => {
  test('is read, changed and deleted; nulls are not kept', async () => {
    const body = { name: ' slow tail ', process_type: 'StatementReport', behavior: { ...SLOW, query: null } };
    const profile = await save(body);
    expect(profile).toMatchObject({
      name: 'slow tail',
      description: null,
      process_type: 'StatementReport',
      behavior: SLOW,
      builtin: false,
    });
    const path = `/profiles/${profile.profile_id}`;
    expect((await lab.get(path)).json()).toEqual(profile);
    const changed = await send('PUT', path, { name: 'slow tail', description: 'Slower.', behavior: {} });
    expect(changed.json()).toMatchObject({ description: 'Slower.', process_type: null, behavior: {} });
    expect(changed.json().created_at).toBe(profile.created_at);
    expect((await send('DELETE', path)).statusCode).toBe(204);
    for (const answer of [await lab.get(path), await send('DELETE', path), await send('PUT', path, body)]) {
      expect(answer.statusCode).toBe(404);
    }
    expect((await lab.get('/profiles/none-such')).statusCode).toBe(404);
  });

  test('has its name alone, also of twenty at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => lab.post('/profiles', { name: 'wanted', behavior: SLOW })),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array(19).fill(409)]);
    const other = await save({ name: 'other', behavior: SLOW });
    const taken = await send('PUT', `/profiles/${other.profile_id}`, { name: 'wanted', behavior: SLOW });
    expect([taken.statusCode, taken.json().code, taken.json().errors]).toEqual([
      409,
      'PROFILE_NAME_TAKEN',
      [{ path: 'name', code: 'taken', message: 'is the name of another profile' }],
    ]);
  });

  test('a process type lists its own and those that are for any', async () => {
    const own = await save({ name: 'own', process_type: 'StatementReport', behavior: SLOW });
    const any = await save({ name: 'any', behavior: { pack: { timeout_pct: 1 } } });
    await pool.query(`insert into faultline.profile (profile_id, name, process_type, behavior)
      values (gen_random_uuid(), 'foreign', 'Payout', '{}')`);
    const ids = (await list('?process_type=StatementReport')).map(({ profile_id }) => profile_id);
    expect(ids).toEqual(expect.arrayContaining([own.profile_id, any.profile_id]));
    const names = (await list()).map(({ name }) => name);
    expect(names).toContain('foreign');
    expect(names).toEqual([...names].sort());
    expect((await list('?process_type=StatementReport')).map(({ name }) => name)).not.toContain('foreign');
  });

  test.each([
    ['no name', { behavior: SLOW }, ['name']],
    ['no behavior', { name: 'x' }, ['behavior']],
    ['a behavior that is no object', { name: 'x', behavior: 5 }, ['behavior']],
    ['an unknown field', { name: 'x', behavior: SLOW, colour: 'red' }, ['colour']],
    [
      'a field of a behavior out of range',
      { name: 'x', behavior: { a: { crash_pct: 101 } } },
      ['behavior.a.crash_pct'],
    ],
    ['a step that is no name', { name: 'x', behavior: { 'a b': SLOW.render } }, ['behavior.a b']],
    [
      'a step that the process does not have, and more',
      { name: '', process_type: 'StatementReport', behavior: { pack: {}, render: { timeout_pct: -1 } } },
      ['name', 'behavior.render.timeout_pct', 'behavior.pack'],
    ],
    ['an unknown process type', { name: 'x', process_type: 'Payout', behavior: SLOW }, ['process_type']],
    ['a NUL byte', { name: 'a\0b', behavior: SLOW }, ['name']],
  ])('refused: %s', async (_what, body, paths) => {
    const before = await saved();
    const answer = await lab.post('/profiles', body);
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'INVALID_INPUT']);
    expect(answer.json().errors.map(({ path }: { path: string }) => path)).toEqual(paths);
    expect(await saved()).toBe(before);
  });
});

describe('as a document', () => {
  const document = (...profiles: object[]) => ({ format: 'faultline-profiles', version: 1, profiles });
  const load = (body: object, on_conflict = '') =>
    lab.post(`/profiles/import${on_conflict && `?on_conflict=${on_conflict}`}`, body);

  test('what was exported comes back as it was', async () => {
    await save({ name: 'kept', description: 'Kept.', process_type: 'StatementReport', behavior: SLOW });
    await pool.query(`delete from faultline.profile where process_type = 'Payout'`);
    const before = (await list()).map(({ name, behavior, description }) => ({ name, behavior, description }));
    const exported = await lab.get('/profiles/export');
    expect(exported.headers['content-disposition']).toContain('faultline-profiles.json');
    await pool.query('delete from faultline.profile');
    const answer = await load(exported.json());
    expect(answer.json().items.map(({ result }: { result: string }) => result)).toEqual(before.map(() => 'created'));
    expect((await list()).map(({ name, behavior, description }) => ({ name, behavior, description }))).toEqual(before);
  });

  test('a name that is taken fails the whole, is left out, or is replaced and keeps its id', async () => {
    const mine = await save({ name: 'mine', behavior: SLOW });
    const body = document({ name: 'fresh', behavior: {} }, { name: 'mine', behavior: { query: { timeout_pct: 7 } } });
    const before = await saved();
    const failed = await load(body);
    expect([failed.statusCode, failed.json().code, failed.json().errors[0].path]).toEqual([
      409,
      'PROFILE_NAME_TAKEN',
      'profiles.1.name',
    ]);
    expect(await saved()).toBe(before);
    expect((await load(body, 'skip')).json().items).toMatchObject([
      { name: 'fresh', result: 'created' },
      { name: 'mine', result: 'skipped', profile_id: null },
    ]);
    expect((await lab.get(`/profiles/${mine.profile_id}`)).json()).toEqual(mine);
    expect((await load(body, 'replace')).json().items).toMatchObject([
      { name: 'fresh', result: 'replaced' },
      { name: 'mine', result: 'replaced', profile_id: mine.profile_id },
    ]);
    expect((await lab.get(`/profiles/${mine.profile_id}`)).json().behavior).toEqual({ query: { timeout_pct: 7 } });
  });

  test.each([
    ['another format', { ...document({ name: 'a', behavior: {} }), format: 'other' }, 'format'],
    ['another version', { ...document({ name: 'a', behavior: {} }), version: 2 }, 'version'],
    ['nothing in it', document(), 'profiles'],
    ['a bad profile among good ones', document({ name: 'good', behavior: {} }, { name: 'bad' }), 'profiles.1.behavior'],
    ['a bad field', document({ name: 'bad', behavior: { a: { crash_pct: -1 } } }), 'profiles.0.behavior.a.crash_pct'],
    ['an unknown type', document({ name: 'bad', process_type: 'Payout', behavior: {} }), 'profiles.0.process_type'],
    ['a name twice', document({ name: 'a', behavior: {} }, { name: 'a', behavior: {} }), 'profiles.1.name'],
  ])('refused: %s', async (_what, body, path) => {
    const before = await saved();
    const answer = await load(body, 'replace');
    expect([answer.statusCode, answer.json().errors.map((error: { path: string }) => error.path)]).toEqual([
      422,
      [path],
    ]);
    expect(await saved()).toBe(before);
  });

  test('an unknown way with conflicts is refused, and names of built-in profiles are taken', async () => {
    expect((await load(document({ name: 'a', behavior: {} }), 'merge')).statusCode).toBe(422);
    const answer = await load(document({ name: 'Retry storm', behavior: {} }), 'replace');
    expect([answer.statusCode, answer.json().errors[0].path]).toEqual([409, 'profiles.0.name']);
  });
});

test('a launch does not know profiles: it is sent the behavior', async () => {
  expect((await lab.post('/process-batches', { ...LAUNCH, profile: 'flaky-network' })).statusCode).toBe(422);
});
