// Server-sent events of a batch, over a real connection: what comes, when it ends, and that many readers cost one look.

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { insertBatch } from '../support/factories.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const origin = await lab.app.listen({ host: '127.0.0.1', port: 0 });

interface Sent {
  id?: string;
  event: string;
  data: Record<string, unknown>;
}

interface Stream {
  response: IncomingMessage;
  events: Sent[];
  ended: boolean;
}

const streams: Stream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.response.destroy();
});

/** Follows a batch until its response is destroyed or ends, on a connection of its own. */
async function follow(batch_id: string, headers: Record<string, string> = {}, at = origin): Promise<Stream> {
  const request = get(`${at}/api/v1/process-batches/${batch_id}/events`, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const stream: Stream = { response, events: [], ended: false };
  streams.push(stream);
  let pending = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (pending + chunk).split('\n\n');
    pending = parts.pop() ?? '';
    stream.events.push(...parts.map(parse).filter((sent) => sent !== null));
  });
  response.on('end', () => {
    stream.ended = true;
  });
  // Destroyed by the test.
  response.on('error', () => {});
  return stream;
}

function parse(text: string): Sent | null {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const event = fields.get('event');
  return event === undefined ? null : { id: fields.get('id'), event, data: JSON.parse(fields.get('data') ?? 'null') };
}

const complete = (batch_id: string) =>
  pool.query(
    `update faultline.batch set status = 'COMPLETED', waiting_count = 0, completed_count = 2, completed_at = now() where batch_id = $1`,
    [batch_id],
  );

test('the batch as it is, each change of it, and its end', async () => {
  const { batch_id } = await insertBatch(pool, 'RUNNING');
  const stream = await follow(batch_id);
  expect(stream.response.statusCode).toBe(200);
  expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers['cache-control']).toBe('no-store');
  await until('the first event', () => stream.events.length === 1);
  expect(stream.events[0]).toMatchObject({ event: 'batch', data: { batch_id, status: 'RUNNING', completed_count: 0 } });
  const { body } = await lab.get(`/process-batches/${batch_id}`);
  expect(stream.events[0]?.data).toEqual(JSON.parse(body));

  await pool.query('update faultline.batch set completed_count = 1, waiting_count = 1 where batch_id = $1', [batch_id]);
  await until('the change', () => stream.events.length === 2);
  expect(stream.events[1]).toMatchObject({ event: 'batch', data: { completed_count: 1 } });

  await complete(batch_id);
  await until('the end', () => stream.ended);
  expect(stream.events.at(-1)).toMatchObject({
    id: 'end',
    event: 'batch',
    data: { status: 'COMPLETED', completed_count: 2 },
  });
});

test('one that ended says so once; a browser that comes back is told to stay away', async () => {
  const { batch_id } = await insertBatch(pool, 'COMPLETED');
  const stream = await follow(batch_id);
  await until('it ends', () => stream.ended);
  expect(stream.events).toMatchObject([{ id: 'end', event: 'batch', data: { status: 'COMPLETED' } }]);
  expect((await follow(batch_id, { 'last-event-id': 'end' })).response.statusCode).toBe(204);
});

test.each(['end', '17', 'nonsense', '-1'])(
  'coming back with %s to a batch that runs begins with what it is',
  async (id) => {
    const { batch_id } = await insertBatch(pool, 'RUNNING');
    const stream = await follow(batch_id, { 'last-event-id': id });
    await until('the first event', () => stream.events.length === 1);
    expect(stream.events[0]?.data).toMatchObject({ batch_id });
  },
);

test('an unknown batch is 404, as a problem', async () => {
  const { response } = await follow(newId());
  expect([response.statusCode, response.headers['content-type']]).toEqual([
    404,
    'application/problem+json; charset=utf-8',
  ]);
});

test('however many look, one asks the database; when all have left, none does', async () => {
  const { batch_id } = await insertBatch(pool, 'RUNNING');
  const asked = watchQueries();
  const count = (id: string, completed: number) =>
    pool.query('update faultline.batch set completed_count = $2, waiting_count = 2 - $2 where batch_id = $1', [
      id,
      completed,
    ]);
  const heard = (follower: Stream, completed: number) => follower.events.at(-1)?.data.completed_count === completed;

  const followers = await Promise.all(Array.from({ length: 20 }, () => follow(batch_id)));
  await until('all have begun', () => followers.every((follower) => heard(follower, 0)));
  const begun = asked(batch_id);
  for (const completed of [1, 2]) {
    await count(batch_id, completed);
    await until('all have heard', () => followers.every((follower) => heard(follower, completed)));
  }
  // Two changes were heard after two to four looks at the row and its attempts, not after forty.
  expect(asked(batch_id) - begun).toBeLessThanOrEqual(16);

  for (const follower of followers) follower.response.destroy();
  await until('the server has let all go', async () => (await connections()) === 0);
  const left = asked(batch_id);
  // Another batch is the clock: it is read twice while the batch without clients is not.
  const other = await insertBatch(pool, 'RUNNING');
  const follower = await follow(other.batch_id);
  for (const completed of [1, 2]) {
    await count(other.batch_id, completed);
    await until('the other is heard', () => heard(follower, completed));
  }
  expect(asked(batch_id)).toBe(left);
});

/** How often the server has asked about a batch from now on. Watching, not replacing: every statement still runs. */
function watchQueries(): (batch_id: string) => number {
  const { pool: served } = lab.service;
  const original = served.query;
  const parameters: unknown[][] = [];
  served.query = function watched(this: typeof served, ...args: Parameters<typeof original>) {
    const [, values] = args as unknown as [string, unknown[] | undefined];
    parameters.push(values ?? []);
    return original.apply(this, args);
  } as typeof original;
  return (batch_id) => parameters.filter((values) => values.includes(batch_id)).length;
}

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    lab.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

test('closing the server ends every stream', async () => {
  const other = await openLab();
  const { batch_id } = await insertBatch(other.database.pool, 'RUNNING');
  const stream = await follow(batch_id, {}, await other.app.listen({ host: '127.0.0.1', port: 0 }));
  await until('it began', () => stream.events.length === 1);
  await other.app.close();
  await until('it ended', () => stream.ended);
});

test('closing does not wait for connections that were opened and never used', async () => {
  const other = await openLab();
  const { port } = new URL(await other.app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  // The server learns of the connection a moment after the client does.
  await until(
    'the server has it',
    () => new Promise<boolean>((resolve) => other.app.server.getConnections((_, n) => resolve(n === 1))),
  );
  await other.app.close();
  await closed;
});
