// Sending by the public verbs: in the caller's own transaction or in one of its own, each mistake named, each id once.

import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CommandRequest, MAX_PAYLOAD_BYTES } from '../../src/bus/request.ts';
import { send, sendMany } from '../../src/bus/send.ts';
import { findChaosErrors } from '../../src/chaos/asked.ts';
import { ConfigurationError, DuplicateCommandError, InvalidInputError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { atLeast } from '../support/random.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const work = (fields: Partial<CommandRequest> = {}): CommandRequest => ({ domain: 'lab', type: 'Work', ...fields });

/** A client of another program: own connection, own ideas of types. */
async function ownClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    types: {
      getTypeParser: () => () => {
        throw new Error('a parser of the caller was used');
      },
    },
  });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const countOf = async (lab: Awaited<ReturnType<typeof openLab>>) =>
  Number((await lab.rows('select count(*)::int as n from faultline.command'))[0]?.n);

describe('C01: a command of one’s own', () => {
  test('carries all that it was given', async () => {
    const lab = await openLab();
    const command_id = newId();
    const correlation_id = newId();
    const sent = await send(
      lab.bus,
      work({
        command_id: `{${command_id.toUpperCase().replaceAll('-', '')}}`,
        payload: { a: [1, null, 'ü'], gone: undefined },
        delay_ms: 1_000_000,
        priority: 0,
        retry: { max_attempts: 7, backoff_ms: [1, 2], jitter_pct: 10 },
        lease_ms: 600,
        deadline_ms: 2_000_000_000,
        on_deadline: 'fail',
        correlation_id: correlation_id.toUpperCase(),
        reply_to: 'q:1',
      }),
    );
    expect(sent.command_id).toBe(command_id);
    const row = await lab.commandOf(command_id);
    expect(row).toMatchObject({
      domain: 'lab',
      type: 'Work',
      purpose: 'standalone',
      status: 'PENDING',
      payload: { a: [1, null, 'ü'] },
      priority: 0,
      max_attempts: 7,
      attempts_limit: 7,
      backoff_ms: [1, 2],
      jitter_pct: 10,
      lease_ms: 600,
      deadline_ms: 2_000_000_000,
      on_deadline: 'fail',
      correlation_id,
      reply_to: 'q:1',
    });
    expect(Number(row.available_at as Date) - Number(row.created_at as Date)).toBe(1_000_000);
  });

  test('may be sent ten years ahead', async () => {
    const lab = await openLab();
    const { command_id } = await send(lab.bus, work({ delay_ms: 315_360_000_000 }));
    const row = await lab.commandOf(command_id);
    expect(Number(row.available_at as Date) - Number(row.created_at as Date)).toBe(315_360_000_000);
  });

  test('every mistake is named by its path, and nothing is written', async () => {
    const lab = await openLab({ hooks: { findChaosErrors } });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const mistakes: [unknown, string][] = [
      [work({ domain: 'faultline' }), 'domain'],
      [work({ domain: '' }), 'domain'],
      [{ domain: 'lab' }, 'type'],
      [work({ type: 'x'.repeat(65) }), 'type'],
      [work({ payload: { 'a\0': 1 } }), 'payload.a\0'],
      [work({ payload: { a: ['\ud800'] } }), 'payload.a.0'],
      [work({ payload: { a: 1n } }), 'payload.a'],
      [work({ payload: { a: Number.NaN } }), 'payload.a'],
      [work({ payload: { a: new Date() } }), 'payload.a'],
      [work({ payload: { a: 'x'.repeat(MAX_PAYLOAD_BYTES) } }), 'payload'],
      [work({ command_id: 'not-a-uuid' }), 'command_id'],
      [work({ delay_ms: -1 }), 'delay_ms'],
      [work({ delay_ms: 315_360_000_001 }), 'delay_ms'],
      [work({ priority: 1.5 }), 'priority'],
      [work({ retry: { max_attempts: 101 } }), 'retry.max_attempts'],
      [work({ retry: { backoff_ms: [] } }), 'retry.backoff_ms'],
      [work({ retry: { jitter_pct: 101 } }), 'retry.jitter_pct'],
      [work({ retry: { nope: 1 } as never }), 'retry.nope'],
      [work({ lease_ms: 499 }), 'lease_ms'],
      [work({ deadline_ms: 0 }), 'deadline_ms'],
      [work({ deadline_ms: 5, on_deadline: 'compensate' as never }), 'on_deadline'],
      [work({ correlation_id: '1' }), 'correlation_id'],
      [work({ reply_to: 'x'.repeat(201) }), 'reply_to'],
      [work({ behavior: { a: '\0' } }), 'behavior.a'],
      [work({ nonsense: 1 } as never), 'nonsense'],
      [null, 'body'],
    ];
    for (const [request, path] of mistakes) {
      const refused = await send(lab.bus, request as CommandRequest).catch((error: unknown) => error);
      expect(refused, path).toBeInstanceOf(InvalidInputError);
      expect((refused as InvalidInputError).errors.map((error) => error.path)).toContain(path);
    }
    const cycle = await send(lab.bus, work({ payload: cyclic })).catch((error: unknown) => error);
    expect((cycle as InvalidInputError).errors[0]?.path).toMatch(/^payload\.self/);
    const many = await sendMany(lab.bus, [work(), work(), work(), work({ priority: -1 })]).catch((e: unknown) => e);
    expect((many as InvalidInputError).errors).toMatchObject([{ path: 'commands.3.priority', code: 'too_small' }]);
    expect(await countOf(lab)).toBe(0);
  });

  test('any payload that passes comes out as JSON has it', async () => {
    const lab = await openLab();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ depthSize: 'small' }), async (value) => {
        const payload = { value };
        const sent = await send(lab.bus, work({ payload })).catch((error: unknown) => error);
        // Unpaired surrogates and NUL bytes are refused; everything else must be stored.
        if (sent instanceof InvalidInputError) return expect(JSON.stringify(payload)).toMatch(/\\u0000|\\ud[89a-f]/);
        const row = await lab.commandOf((sent as { command_id: string }).command_id);
        expect(row.payload).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
      { numRuns: atLeast(60) },
    );
  });
});

describe('C02: in a transaction of the caller’s own', () => {
  test('of any client: there with its commit, and not before', async () => {
    const lab = await openLab({ handler: () => 'done' });
    const client = await ownClient(lab.url);
    await client.query('begin');
    const sent = await sendMany(lab.bus, [work(), work({ deadline_ms: 60_000 })], { tx: client });
    expect(await countOf(lab)).toBe(0);
    await client.query('commit');
    sent.committed();
    expect(await countOf(lab)).toBe(2);
    await lab.work({ poll_ms: 20 });
    for (const id of sent.command_ids)
      await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  });

  test('rolled back, nothing was sent', async () => {
    const lab = await openLab();
    const client = await ownClient(lab.url);
    await client.query('begin');
    await send(lab.bus, work(), { tx: client });
    await client.query('rollback');
    expect(await countOf(lab)).toBe(0);
  });

  test('without a transaction it is a configuration error, and nothing was sent', async () => {
    const lab = await openLab();
    const client = await ownClient(lab.url);
    for (const tx of [client, lab.pool]) {
      await expect(send(lab.bus, work(), { tx })).rejects.toBeInstanceOf(ConfigurationError);
    }
    expect(await countOf(lab)).toBe(0);
  });

  test('a duplicate leaves it usable: what it wrote before and after is committed, of the send nothing', async () => {
    const lab = await openLab();
    const taken = newId();
    await send(lab.bus, work({ command_id: taken }));
    const client = await ownClient(lab.url);
    await client.query('create temp table mine (n int)');
    await client.query('begin');
    await client.query('insert into mine values (1)');
    const refused = await sendMany(lab.bus, [work(), work({ command_id: taken })], { tx: client }).catch(
      (e: unknown) => e,
    );
    expect(refused).toBeInstanceOf(DuplicateCommandError);
    expect((refused as DuplicateCommandError).command_ids).toEqual([taken]);
    await client.query('insert into mine values (2)');
    await client.query('commit');
    expect((await client.query('select from mine')).rowCount).toBe(2);
    expect(await countOf(lab)).toBe(1);
  });
});

describe('C03: a duplicate id', () => {
  test('of many who send it at once one wins, and of the others nothing is left', async () => {
    const lab = await openLab();
    const ids = Array.from({ length: 20 }, () => newId());
    // Each in an order of its own: no one may wait in a circle.
    const senders = Array.from({ length: 8 }, (_, n) => {
      const order = n % 2 === 0 ? ids : ids.toReversed();
      return sendMany(lab.bus, [work({ payload: { n } }), ...order.map((command_id) => work({ command_id }))]);
    });
    const settled = await Promise.allSettled(senders);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DuplicateCommandError);
    }
    expect(await countOf(lab)).toBe(21);
  });

  test('cannot make two senders wait in a circle: whatever the order of the requests, ids are written in theirs', async () => {
    const written: string[] = [];
    const beforeSend = async (_tx: unknown, commands: readonly { command_id: string }[]) => {
      written.push(...commands.map(({ command_id }) => command_id));
      return new Set<string>();
    };
    const lab = await openLab({ hooks: { beforeSend } });
    const ids = Array.from({ length: 1_200 }, () => newId());
    await sendMany(
      lab.bus,
      ids.toReversed().map((command_id) => work({ command_id })),
    );
    expect(written).toEqual(ids.toSorted());
  });

  test('twice in one call is refused before anything is asked of the database', async () => {
    const lab = await openLab();
    const id = newId();
    const twice = [work({ command_id: id }), work({ command_id: id.toUpperCase() })];
    await expect(sendMany(lab.bus, twice)).rejects.toMatchObject({ command_ids: [id] });
    expect(await countOf(lab)).toBe(0);
  });
});

describe('C04: many', () => {
  test.each([1, 3])('thousands over %i lanes are all there, in the order of the requests', async (lanes) => {
    const lab = await openLab({ lanes });
    const requests = Array.from({ length: 2_500 }, (_, n) => work({ payload: { n } }));
    const { command_ids } = await sendMany(lab.bus, requests);
    expect(new Set(command_ids).size).toBe(2_500);
    expect(await countOf(lab)).toBe(2_500);
    expect((await lab.commandOf(command_ids[1_234] as string)).payload).toEqual({ n: 1_234 });
  });

  test('of nothing is nothing', async () => {
    const lab = await openLab();
    expect((await sendMany(lab.bus, [])).command_ids).toEqual([]);
  });
});
