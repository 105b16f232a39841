// What the server refuses: foreign origins and hosts, bodies that are not JSON, and hostile input of every kind.
// Nothing of the inside shows in any answer.

import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { InjectOptions, LightMyRequestResponse as Response } from 'fastify';
import { createEnv } from 'faultline';
import { type App, createServer, type ServerOptions } from 'faultline/http';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createPool } from '../../src/db/pool.ts';
import { silentLogger } from '../../src/model/env.ts';
import { readTree } from '../support/tidy/tree.ts';
import { until } from '../support/until.ts';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab({ allowed_hosts: ['Faultline.Example'], allowed_origins: ['http://localhost:5173'] });

const JSON_TYPE = { 'content-type': 'application/json' };

async function launchFrom(headers: Record<string, string>): Promise<Response> {
  return lab.post('/process-batches', LAUNCH, headers);
}

describe('origin of writes', () => {
  test.each([
    ['no origin at all, as programs send it', {}],
    ['its own', { host: '127.0.0.1:4400', origin: 'http://127.0.0.1:4400' }],
    ['its own, with the port of the scheme', { host: 'localhost:80', origin: 'http://localhost' }],
    ['its own behind TLS', { host: 'faultline.example', origin: 'https://faultline.example' }],
    ['one that is allowed', { origin: 'http://localhost:5173' }],
    ['none, but the browser says same-origin', { 'sec-fetch-site': 'same-origin' }],
  ])('%s may write', async (_what, headers) => {
    expect((await launchFrom(headers)).statusCode).toBe(202);
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { host: 'localhost:4400', origin: 'http://localhost:4401' }],
    ['a sandboxed page', { origin: 'null' }],
    ['nonsense', { origin: 'http://' }],
    ['none, but the browser says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['none, but the browser says same-site', { 'sec-fetch-site': 'same-site' }],
  ])('%s may not', async (_what, headers) => {
    const answer = await launchFrom(headers);
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
  });

  test('reading is not writing', async () => {
    const answer = await lab.get('/process-batches', { headers: { origin: 'https://evil.example' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('host', () => {
  test.each(['localhost', 'localhost:4400', '127.0.0.1:1', '[::1]:4400', 'FAULTLINE.example:8443'])(
    '%s is known',
    async (host) => {
      expect((await lab.get('/health/live', { headers: { host } })).statusCode).toBe(200);
    },
  );

  test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:4400', '0.0.0.0:4400', '[::2]:4400'])(
    '%s is not',
    async (host) => {
      const answer = await lab.get('/health/live', { headers: { host } });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'HOST_NOT_ALLOWED']);
    },
  );
});

describe('headers', () => {
  test('a page may load nothing from elsewhere and no inline script', async () => {
    const { headers } = await lab.get('/health/live');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|upgrade-insecure/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' });
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('problems carry them too', async () => {
    const { headers } = await lab.get('/nowhere');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toBeDefined();
  });
});

describe('bodies', () => {
  test.each([
    ['a form', 'count=1', 'application/x-www-form-urlencoded'],
    ['text', '{}', 'text/plain'],
    ['no type', '{}', ''],
    ['XML', '<a/>', 'application/xml'],
  ])('%s is 415', async (_what, body, type) => {
    const answer = await lab.post('/process-batches', body, { 'content-type': type });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test('more than 1 MiB is 413', async () => {
    const answer = await lab.post('/process-batches', JSON.stringify({ name: 'x'.repeat(1_048_576) }), JSON_TYPE);
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  test('a verb may come without a body, or with an empty one', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    for (const headers of [{}, JSON_TYPE]) {
      const answer = await lab.post(`/commands/${id}/retry`, undefined, headers);
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
    }
  });
});

describe('hostile input', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each([
    ['deep nesting', `{"behavior":{"query":{"response_data":{"a":${deep(5_000)}}}}}`, 422],
    ['a body of brackets', deep(500_000), 422],
    ['a prototype of its own', '{"__proto__":{"count":5},"count":1}', 400],
    ['a constructor with a prototype', '{"constructor":{"prototype":{"count":5}}}', 400],
    ['a number that is none', '{"count":1e999}', 422],
    ['a very long key', `{"${'k'.repeat(900_000)}":1}`, 422],
    ['a hundred thousand unknown fields', `{${Array.from({ length: 100_000 }, (_, n) => `"${n}":1`).join()}}`, 422],
  ])('%s', async (_what, body, status) => {
    const answer = await lab.post('/process-batches', body, JSON_TYPE);
    expect(answer.statusCode).toBe(status);
    expect(answer.body.length).toBeLessThan(20_000);
    expect(answer.json().code).toMatch(/^(INVALID_INPUT|MALFORMED_JSON)$/);
    expect(({} as { count?: number }).count).toBeUndefined();
  });

  test.each([
    ['/processes/not-a-uuid', 'process_id'],
    ['/processes/%00', 'process_id'],
    ['/process-batches/1', 'batch_id'],
    ['/process-batches/1/processes', 'batch_id'],
    ['/process-batches/1/events', 'batch_id'],
    [`/processes/${"'; drop table faultline.process; --".replaceAll(' ', '%20')}`, 'process_id'],
    ['/processes?limit=0', 'limit'],
    ['/processes?limit=101', 'limit'],
    ['/processes?limit=ten', 'limit'],
    ['/processes?limit=1&limit=2', 'limit'],
    ['/processes?cursor=', 'cursor'],
    ['/processes?cursor=nonsense', 'cursor'],
    ['/processes?cursor=WyJiYXRjaCIsIng', 'cursor'],
    [`/processes?cursor=${'a'.repeat(201)}`, 'cursor'],
    ['/processes?status=LOST', 'status'],
    ['/processes?stauts=FAILED', 'stauts'],
    ['/processes?batch_id=%00', 'batch_id'],
    ['/process-batches?status=FAILED', 'status'],
    ['/tsq?injected=maybe', 'injected'],
    ['/tsq?domain=a%00b', 'domain'],
    ['/tsq?error_code=%ed%a0%80', null],
    ['/audit', 'command_id'],
    ['/audit?command_id=x', 'command_id'],
    ['/audit?to=2026-01-01T00:00:00Z', 'from'],
    ['/audit?from=yesterday', 'from'],
    ['/audit?from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z', 'to'],
    ['/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['/stats/throughput?window_s=1', 'window_s'],
  ])('GET %s names the field', async (path, field) => {
    const answer = await lab.get(path);
    if (field === null) expect(answer.statusCode).toBeLessThan(500);
    else {
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors.map((error: { path: string }) => error.path)).toContain(field);
    }
  });

  test('a cursor of another list is refused', async () => {
    for (let n = 0; n < 2; n++) await lab.launch();
    const { next_cursor } = (await lab.get('/process-batches?limit=1')).json();
    expect((await lab.get(`/process-batches?limit=1&cursor=${next_cursor}`)).statusCode).toBe(200);
    const answer = await lab.get(`/processes?cursor=${next_cursor}`);
    expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, 'cursor']);
  });

  test('an address that is not one is 400', async () => {
    const answer = await lab.app.inject({ method: 'GET', url: '/api/v1/processes/%E0%A4%A' });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'BAD_REQUEST']);
  });

  test.each<[InjectOptions['method'], string]>([
    ['GET', '/api/v1/nowhere'],
    ['GET', '/api/v2/processes'],
    ['GET', '/../../etc/passwd'],
    ['GET', '/..%2f..%2fpackage.json'],
  ])('%s %s is 404', async (method, url) => {
    const answer = await lab.app.inject({ method, url });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('failures of our own', () => {
  const logged: { fields: { request_id?: string; err?: Error }; message: string }[] = [];
  const logger = { ...silentLogger, error: (fields: object, message: string) => void logged.push({ fields, message }) };
  const bus = { ...lab.service.bus, env: createEnv(logger) };
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(() => Promise.all(closing.map((close) => close())));

  async function openServer(options: ServerOptions): Promise<App> {
    const app = await createServer(options);
    closing.push(() => app.close());
    return app;
  }

  test('a database that is away is 503, to try again', async () => {
    const pool = createPool('postgres://stranger@127.0.0.1:1/nothing', { application_name: 'away' });
    closing.push(() => pool.end());
    const app = await openServer({ service: { ...lab.service, bus: { ...bus, pool }, pool } });
    const requests: InjectOptions[] = [
      { method: 'GET', url: '/api/v1/process-batches' },
      { method: 'GET', url: '/api/v1/stats/overview' },
      { method: 'POST', url: '/api/v1/process-batches', payload: LAUNCH },
    ];
    for (const request of requests) {
      const answer = await app.inject(request);
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|stranger/);
    }
    const ready = await app.inject('/api/v1/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([
      503,
      { status: 'unavailable', checks: { database: 'does not answer', schema: 'unknown' } },
    ]);
    expect((await app.inject('/api/v1/health/live')).statusCode).toBe(200);
  });

  test('a read-only database is not ready: writes are 503, reads succeed', async () => {
    const { database } = await openLab();
    const name = new URL(database.url).pathname.slice(1);
    await database.pool.query(`alter database "${name}" set default_transaction_read_only = on`);
    const pool = createPool(database.url, { application_name: 'read-only' });
    closing.push(() => pool.end());
    const app = await openServer({ service: { ...lab.service, bus: { ...bus, pool }, pool } });
    const launch = await app.inject({ method: 'POST', url: '/api/v1/process-batches', payload: LAUNCH });
    expect([launch.statusCode, launch.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'DATABASE_UNAVAILABLE', detail: expect.stringMatching(/^The database refuses/) }),
    ]);
    expect((await app.inject('/api/v1/process-batches')).statusCode).toBe(200);
    const ready = await app.inject('/api/v1/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([
      503,
      { status: 'unavailable', checks: { database: 'is read-only', schema: 'ok' } },
    ]);
  });

  test('an unexpected failure is 500 without internals, and logged with the request id of the answer', async () => {
    const app = await openServer({ service: { ...lab.service, bus } });
    app.get('/broken', () => {
      throw new TypeError('the secret of line 12');
    });
    const answer = await app.inject('/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'INTERNAL', errors: [] });
    expect(answer.body).not.toMatch(/secret|TypeError|at |\.ts/);
    const id = answer.headers['x-request-id'];
    expect(answer.json().detail).toContain(id);
    expect(logged.at(-1)?.fields).toMatchObject({
      request_id: id,
      err: expect.objectContaining({ message: 'the secret of line 12' }),
    });
  });

  test('too many writes are 429, reads go on', async () => {
    const app = await openServer({ service: lab.service, writes_per_minute: 2 });
    const write = () => app.inject({ method: 'POST', url: '/api/v1/process-batches', payload: {} });
    expect([(await write()).statusCode, (await write()).statusCode]).toEqual([422, 422]);
    const third = await write();
    expect([third.statusCode, third.json().code]).toEqual([429, 'RATE_LIMITED']);
    expect((await app.inject('/api/v1/process-batches')).statusCode).toBe(200);
  });
});

describe('who stops something is never limited', () => {
  const NOTHING = '00000000-0000-4000-8000-000000000000';

  test.each<[InjectOptions['method'], string, object, number]>([
    ['PUT', '/chaos', { stopped: true }, 200],
    ['PUT', '/chaos', { stopped: false }, 200],
    ['POST', `/process-batches/${NOTHING}/injection/stop`, {}, 404],
    ['POST', `/process-batches/${NOTHING}/cancel`, {}, 404],
    ['POST', `/command-batches/${NOTHING}/cancel`, {}, 404],
    ['POST', `/processes/${NOTHING}/cancel`, { reason: 'enough' }, 404],
    ['POST', `/commands/${NOTHING}/cancel`, { reason: 'enough' }, 404],
    ['POST', '/queues/nowhere/pause', {}, 404],
    ['POST', `/tsq/jobs/${NOTHING}/abort`, {}, 404],
  ])('%s %s', async (method, path, payload, status) => {
    const app = await createServer({ service: lab.service, writes_per_minute: 1 });
    onTestFinished(() => app.close());
    const launch = () => app.inject({ method: 'POST', url: '/api/v1/process-batches', payload: {} });
    expect([(await launch()).statusCode, (await launch()).statusCode]).toEqual([422, 429]);
    for (let n = 0; n < 3; n++) {
      expect((await app.inject({ method, url: `/api/v1${path}`, payload })).statusCode).toBe(status);
    }
  });
});

describe('a client that leaves', () => {
  test('before its request was looked at, or in the middle of its body, is no failure of ours', async () => {
    const told: unknown[][] = [];
    const tell = (fields: object, message: string) => void told.push([message, fields]);
    const env = createEnv({ ...silentLogger, error: tell, warn: tell });
    const app = await createServer({ service: { ...lab.service, bus: { ...lab.service.bus, env } } });
    onTestFinished(() => app.close());
    let seen = 0;
    let answered = 0;
    // As late as a flood lets it be seen.
    app.server.prependListener('request', (request) => {
      seen++;
      if (request.headers['x-gone']) request.socket.resetAndDestroy();
    });
    app.addHook('onSend', async () => void answered++);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const head = `POST /api/v1/process-batches HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
    const clients = Array.from({ length: 20 }, (_, n) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      const gone = n % 2 === 0;
      socket.write(`${head}content-length: 100\r\n${gone ? 'x-gone: 1\r\n' : ''}\r\n{"count":`);
      return { socket, gone };
    });
    await until('all requests are there', () => seen === clients.length);
    for (const { socket, gone } of clients) if (!gone) socket.resetAndDestroy();
    await until('all are done with', () => answered === clients.length);
    expect(told).toEqual([]);
  });
});

describe('who acts', () => {
  test.each([
    ['a line end', 'x\n16:44:50 work-1 ERROR forged'],
    ['an escape sequence', 'x\x1b[2J'],
    ['a C1 control', 'x\u009b2Jx'],
    ['a mark of direction', 'x\u202ey'],
    ['too much', 'x'.repeat(101)],
  ])('is no name with %s', async (_what, actor) => {
    for (const [method, path, body] of [
      ['POST', '/queues/reporting/pause', {}],
      ['PUT', '/chaos', { stopped: true }],
      ['PUT', '/config', {}],
    ] as const) {
      const answer = await lab.app.inject({ method, url: `/api/v1${path}`, payload: { ...body, actor } });
      expect([path, answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([path, 422, 'actor']);
    }
  });

  test('is one in any writing', async () => {
    const payload = { stopped: false, actor: 'Zoë 日本語 \u{1f469}\u200d\u{1f4bb}' };
    expect((await lab.app.inject({ method: 'PUT', url: '/api/v1/chaos', payload })).statusCode).toBe(200);
  });
});

test('no route builds SQL: parameters never become text of a statement', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = readTree(root).filter(({ path }) => path.startsWith('src/http/'));
  expect(files.length).toBeGreaterThan(20);
  for (const { path, text } of files) expect(/\.query\(/.test(text), path).toBe(false);
});
