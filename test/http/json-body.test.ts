// A body is kept as it was sent, or refused: no number rounded, no byte replaced, no key dropped. What was refused wrote nothing.

import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

const JSON_TYPE = 'application/json';
async function send(body: string | Buffer, headers: Record<string, string> = {}) {
  const answer = await lab.app.inject({
    method: 'POST',
    url: '/api/v1/commands',
    headers: { 'content-type': JSON_TYPE, ...headers },
    body,
  });
  const { code, errors } = answer.json() as { code?: string; errors?: { path: string }[] };
  return { status: answer.statusCode, code, paths: errors?.map(({ path }) => path), id: answer.json().command_id };
}
let sent = 0;
afterEach(async () => {
  const { rows } = await pool.query('select count(*)::int as count from faultline.command');
  expect(rows[0].count).toBe(sent);
});

test.each(['9007199254740993', '9223372036854775807', '1e-400', '1e400', '-0', '0.12345678901234567890'])(
  'the number %s is refused where it stands',
  async (number) => {
    const refused = await send(`{"payload":{"list":[{"n":${number}}]}}`);
    expect(refused).toMatchObject({ status: 422, code: 'INVALID_INPUT', paths: ['payload.list.0.n'] });
  },
);

test('a key that stands twice', async () => {
  const refused = { status: 422, code: 'INVALID_INPUT' };
  expect(await send('{"payload":{"a":1,"a":2}}')).toMatchObject({ ...refused, paths: ['payload.a'] });
  expect(await send('{"priority":1,"priority":1}')).toMatchObject({ ...refused, paths: ['priority'] });
});

test.each([
  ['a standalone byte', [0xff]],
  ['a cut sequence', [0xc3]],
  ['an overlong one', [0xc0, 0xaf]],
  ['half a pair', [0xed, 0xa0, 0x80]],
])('%s that is no UTF-8', async (_what, bytes) => {
  const body = Buffer.concat([Buffer.from('{"payload":{"a":"'), Buffer.from(bytes), Buffer.from('"}}')]);
  expect(await send(body)).toMatchObject({ status: 400, code: 'MALFORMED_JSON' });
});

test.each(['iso-8859-1', '"UTF-16"', 'latin1'])('the charset %s', async (charset) => {
  const refused = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' };
  expect(await send('{}', { 'content-type': `${JSON_TYPE}; charset=${charset}` })).toMatchObject(refused);
});

test('compressed bodies', async () => {
  expect(await send(gzipSync('{}'), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
  });
});

test('what fits is kept to the last digit, also 55,000 keys of it', async () => {
  const numbers = [0, -1, 9007199254740992, 0.1, 1e-7, 5e-324, 1.7976931348623157e308];
  const many = Object.fromEntries(Array.from({ length: 55_000 }, (_, n) => [`k${n}`, n]));
  for (const [payload, charset] of [
    [{ numbers, text: 'ü\u2028😀' }, 'utf-8'],
    [{ many }, '"UTF8"'],
  ]) {
    const { status, id } = await send(JSON.stringify({ payload }), {
      'content-type': `${JSON_TYPE}; charset=${charset}`,
      'content-encoding': 'identity',
    });
    expect(status).toBe(202);
    sent += 1;
    const stored = await until('it is stored', async () => {
      const { rows } = await pool.query('select payload from faultline.command where command_id = $1', [id]);
      return rows[0]?.payload;
    });
    expect(stored).toEqual(payload);
  }
});
