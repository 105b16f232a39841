// What never reaches a route has the shape of every other error: no HTTP, a head too long, a method that is not for the address.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { openLab } from './lab.ts';

const lab = await openLab();

describe('a request that the parser gives up on is told so, and its connection is closed', () => {
  let port = 0;
  beforeAll(async () => {
    const address = await lab.app.listen({ port: 0, host: '127.0.0.1' });
    port = Number(new URL(address).port);
  });

  /** What comes back until the server closes. */
  async function raw(request: string) {
    const socket = connect(port, '127.0.0.1');
    socket.write(request);
    const answer = await text(socket);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const [line, ...headers] = head.toLowerCase().split('\r\n');
    return { line, headers, problem: JSON.parse(body) };
  }

  test.each([
    [
      'a head that is too long',
      `GET /api/v1/command-batches?x=${'x'.repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      431,
    ],
    ['no HTTP', 'HELO there\r\n\r\n', 400],
    ['a length that is none', 'POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 400],
  ])('%s', async (_what, request, status) => {
    const { line, headers, problem } = await raw(request);
    expect(line).toContain(`http/1.1 ${status} `);
    expect(headers).toContain('content-type: application/problem+json');
    expect(headers).toContain('connection: close');
    expect(problem).toMatchObject({ status, code: 'BAD_REQUEST', title: expect.any(String), errors: [] });
  });
});

test.each([
  ['DELETE', '/api/v1/commands', 'GET, HEAD, POST'],
  ['PUT', '/api/v1/commands?limit=5', 'GET, HEAD, POST'],
  ['POST', '/api/v1/process-batches/00000000-0000-4000-8000-000000000000', 'GET, HEAD'],
])('%s %s is 405 where the address is there for other methods (%s)', async (method, url, allowed) => {
  const answer = await lab.app.inject({ method: method as 'GET', url });
  expect([answer.statusCode, answer.json().code, answer.headers.allow]).toEqual([405, 'METHOD_NOT_ALLOWED', allowed]);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});

test('what is nowhere is 404, without Allow', async () => {
  const answer = await lab.app.inject({ method: 'DELETE', url: '/api/v1/nothing' });
  expect([answer.statusCode, answer.json().code, answer.headers.allow]).toEqual([404, 'NOT_FOUND', undefined]);
});
