// A database that refuses all connections for now is unavailable, which is no failure of the verb; doctor says what is short.

import { expect, onTestFinished, test } from 'vitest';
import { reaching } from '../../src/cli/compose.ts';
import { checkConnections } from '../../src/cli/connections.ts';
import { createPool } from '../../src/db/pool.ts';
import { readServerFacts } from '../../src/db/queries/server.ts';
import { EXIT } from '../../src/supervisor/exit.ts';
import { createTestDatabase } from '../support/database.ts';

const { pool, url } = await createTestDatabase();

/** What a verb leaves with whose database says this. */
async function exitOf(code: string): Promise<unknown> {
  const asked = createPool(url, { application_name: 'asked', max: 1 });
  onTestFinished(() => asked.end());
  const refuse = `do $$ begin raise 'refused' using errcode = '${code}'; end $$`;
  const error = await reaching(url, () => asked.query(refuse)).catch((error) => error);
  return error.exit_code;
}

test.each([
  ['too many connections', '53300'],
  ['a full disk', '53100'],
  ['read-only', '25006'],
  ['starting up', '57P03'],
])('%s: exit code 3, which is no death of a child', async (_what, code) => {
  expect(await exitOf(code)).toBe(EXIT.unavailable);
});

test.each([
  ['a wrong password', '28P01'],
  ['a database that is not there', '3D000'],
])('%s is waited for in vain: no exit code 3', async (_what, code) => {
  expect(await exitOf(code)).toBe(undefined);
});

test('connections are enough, or too few beside those of others', () => {
  const free = { max_connections: 97, connections: 20, other_connections: 1 };
  expect(checkConnections(free)).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/^20 of 97 in use, 1 by others/),
  });
  for (const few of [{ max_connections: 12 }, { connections: 96, other_connections: 76 }])
    expect(checkConnections({ ...free, ...few })).toMatchObject({
      state: 'warn',
      says: expect.stringContaining('too few'),
    });
});

test('whose connections they are, and whether the database can be written', async () => {
  for (const application_name of ['faultline work', 'another program']) {
    const one = createPool(url, { application_name, max: 1 });
    onTestFinished(() => one.end());
    await one.query('select 1');
  }
  const facts = await readServerFacts(pool);
  expect(facts.other_connections).toBeGreaterThan(0);
  expect(facts.connections).toBeGreaterThan(facts.other_connections);
  expect(facts.read_only).toBe(false);
  const client = await pool.connect();
  await client.query('begin read only');
  expect((await readServerFacts(client)).read_only).toBe(true);
  await client.query('rollback');
  client.release();
});
