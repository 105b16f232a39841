// Verbs that wait retry while the server or its database is unavailable, and give up in time; nothing is done twice.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createBatch, watchBatch } from '../../src/cli/batch.ts';
import { Client } from '../../src/cli/client.ts';
import { report } from '../../src/cli/report.ts';
import type { RetryLimits } from '../../src/cli/retry-unavailable.ts';
import { watchTsqJob } from '../../src/cli/tsq-jobs.ts';
import { verify } from '../../src/cli/verify.ts';
import { EXIT } from '../../src/supervisor/exit.ts';
import { until } from '../support/until.ts';

const BATCH = {
  ...{ batch_id: 'b', total_count: 2, created_count: 2, completed_count: 2, compensated_count: 0, failed_count: 0 },
  ...{ canceled_count: 0, waiting_count: 0, in_troubleshooting_count: 0, cancel_requested_at: null },
  ...{ rate_per_second: null, eta_ms: null },
};
const AWAY = { code: 'DATABASE_UNAVAILABLE', detail: 'The database does not answer.', errors: [] };

let server: Server | null = null;
afterEach(async () => {
  vi.restoreAllMocks();
  await close();
});
async function close() {
  const closing = server;
  server = null;
  closing?.closeAllConnections();
  await new Promise((resolve) => (closing ? closing.close(resolve) : resolve(null)));
}

type Answer = [status: number, body: object];

async function listen(port: number, answer: (request: IncomingMessage) => Answer | 'hang up'): Promise<number> {
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const said = answer(request);
    if (said === 'hang up') return void request.socket.destroy();
    response.writeHead(said[0], { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(said[1]));
  });
  await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Each request is refused in one way or another before it is answered, so that each verb meets an outage at every step. */
function withOutages(answerOf: (method: string, path: string) => object) {
  const asked: string[] = [];
  const refusals: (Answer | 'hang up')[] = ['hang up', [503, AWAY], [502, {}]];
  const times = new Map<string, number>();
  const answer = (request: IncomingMessage): Answer | 'hang up' => {
    const url = `${request.method} ${request.url?.split('?')[0]?.replace('/api/v1', '')}`;
    asked.push(url);
    const before = times.get(url) ?? 0;
    times.set(url, before + 1);
    return before % 4 < 3 ? (refusals[before % 4] as Answer) : [200, answerOf(...(url.split(' ') as [string, string]))];
  };
  return { asked, answer };
}

/** Retries every millisecond. */
class FastClient extends Client {
  readonly #limits: RetryLimits;
  constructor(port: number, give_up_ms = 60_000) {
    super(`http://127.0.0.1:${port}`);
    this.#limits = { give_up_ms, every_ms: 1 };
  }
  override retrying(): Client {
    return super.retrying(this.#limits);
  }
}

function quietly() {
  const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  return () => said.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('Retrying'));
}

const answers = (method: string, path: string): object => {
  if (path.endsWith('/verdict')) return { batch_id: 'b', verdict: 'pass', checks: [] };
  if (path.endsWith('/progress')) return { verifying: false };
  if (path.endsWith('/report')) return { verdict: 'pass' };
  if (path.startsWith('/tsq/jobs'))
    return {
      job_id: 'j',
      status: 'COMPLETED',
      verb: 'retry',
      total_count: 1,
      done_count: 1,
      failed_count: 0,
      failures: { items: [] },
    };
  if (method === 'POST') return { batch_id: 'b', total_count: 2, seed: 's' };
  return { ...BATCH, status: 'COMPLETED' };
};

test.each<[string, (client: Client) => Promise<number>]>([
  ['batch watch', (client) => watchBatch(client, 'b', { json: true })],
  ['verify --wait', (client) => verify(client, 'b', { wait: true, json: true })],
  ['report --wait', (client) => report(client, 'b', { wait: true, json: true, format: 'markdown' })],
  ['tsq watch', (client) => watchTsqJob(client, 'j', { json: true })],
])('%s goes through outages, and says so', async (_name, act) => {
  const outages = quietly();
  const { answer } = withOutages(answers);
  const client = new FastClient(await listen(0, answer));
  expect(await act(client)).toBe(EXIT.ok);
  expect(outages().length).toBeGreaterThan(0);
});

test('batch create --watch launches once, however often it had to ask: every time with the same key', async () => {
  quietly();
  const keys = new Set<unknown>();
  const { asked, answer } = withOutages(answers);
  const port = await listen(0, (request) => {
    if (request.method === 'POST' && request.url === '/api/v1/process-batches')
      keys.add(request.headers['idempotency-key']);
    return answer(request);
  });
  const flags = { watch: true, json: true, count: 2, type: 'T', set: {}, chaos: {} };
  expect(await createBatch(new FastClient(port), flags as unknown as Parameters<typeof createBatch>[1])).toBe(EXIT.ok);
  expect(asked.filter((url) => url === 'POST /process-batches')).toHaveLength(4);
  expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

test('a server that is gone for a while, its port refused, is asked again when it is back; one outage is told once', async () => {
  const outages = quietly();
  let status = 'RUNNING';
  let looks = 0;
  const answer = (request: IncomingMessage): Answer => {
    looks++;
    return [200, request.url?.includes('/verdict') ? answers('GET', '/verdict') : { ...BATCH, status }];
  };
  const port = await listen(0, answer);
  const watching = watchBatch(new FastClient(port), 'b', { json: true });
  await until('it was asked', () => looks > 0);
  await close();
  await until('it says so', () => outages().length > 0);
  status = 'COMPLETED';
  await listen(port, answer);
  expect(await watching).toBe(EXIT.ok);
  expect(outages()).toHaveLength(1);
});

test('it gives up with the last failure, and what is refused for another reason is not asked again', async () => {
  quietly();
  let asked = 0;
  const port = await listen(0, (request) => {
    asked++;
    return request.url?.includes('/gone') ? [404, { code: 'NOT_FOUND', detail: 'No.', errors: [] }] : [503, AWAY];
  });
  await expect(watchBatch(new FastClient(port, 2_000), 'b', { json: true })).rejects.toMatchObject({
    exit_code: EXIT.unavailable,
  });
  expect(asked).toBeGreaterThan(1);
  asked = 0;
  await expect(watchBatch(new FastClient(port), 'gone', { json: true })).rejects.toMatchObject({
    exit_code: EXIT.refused,
  });
  expect(asked).toBe(1);
  // Without --wait nothing is retried; neither is a write without a key.
  asked = 0;
  await expect(verify(new FastClient(port), 'b', { wait: false, json: true })).rejects.toMatchObject({
    exit_code: EXIT.unavailable,
  });
  await expect(new FastClient(port).retrying().post('/tsq/jobs')).rejects.toMatchObject({
    exit_code: EXIT.unavailable,
  });
  expect(asked).toBe(2);
});

test('the error of an unreachable address does not contain its password', async () => {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const client = new Client('http://ada:s3cret@127.0.0.1:1');
  const error = await client.get('/workers').catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('ada:***@') });
  await client
    .retrying({ give_up_ms: 0, every_ms: 1 })
    .get('/workers')
    .catch(() => {});
  expect([...said, String(error)].join('')).not.toContain('s3cret');
});
