// Reply queues: each reply is consumed exactly once, together with what its consumer writes, and what a process waits for is not taken.

import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clearReplies, consumeReplies, discardReply } from '../../src/bus/replies.ts';
import { sendMany } from '../../src/bus/send.ts';
import { withTx } from '../../src/db/pool.ts';
import { insertReplies, listReplies, listReplyQueues, type NewReply } from '../../src/db/queries/replies.ts';
import {
  BusinessRuleError,
  ConfigurationError,
  type InvalidInputError,
  NotFoundError,
} from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { type Lab, openLab } from './lab.ts';

async function fill(lab: Lab, count: number, fields: Partial<NewReply> = {}): Promise<string[]> {
  const replies = Array.from({ length: count }, (_, n): NewReply => {
    const lane = n % lab.bus.lanes;
    return {
      reply_id: newId(lane, lab.bus.lanes),
      queue: 'mine',
      command_id: newId(),
      process_id: null,
      correlation_id: null,
      batch_id: null,
      outcome: 'SUCCESS',
      result: { n },
      error_code: null,
      error_message: null,
      note: null,
      ...fields,
    };
  });
  for (let lane = 0; lane < lab.bus.lanes; lane++) {
    const own = replies.filter((_, n) => n % lab.bus.lanes === lane);
    await withTx(lab.bus.pool, (tx) => insertReplies(tx, lane, own));
  }
  return replies.map(({ reply_id }) => reply_id);
}

describe('C16: the reply of a command', () => {
  test('says SUCCESS with the result, or FAILED with the reason, in the queue that was asked for', async () => {
    const refuse = () => {
      throw new BusinessRuleError('NO', 'not today');
    };
    const lab = await openLab({ handler: (payload) => ({ got: payload }), handlers: { Refuse: refuse } });
    const correlation_id = newId();
    const { command_ids } = await sendMany(lab.bus, [
      { domain: 'lab', type: 'Work', payload: { a: 1 }, reply_to: 'mine', correlation_id },
      { domain: 'lab', type: 'Refuse', reply_to: 'mine' },
      { domain: 'lab', type: 'Work' },
    ]);
    await lab.work();
    await until('both answered', async () => (await listReplies(lab.pool, { queue: 'mine', limit: 9 })).length === 2);
    const replies = await consumeReplies(lab.bus, 'mine');
    expect(replies.find(({ command_id }) => command_id === command_ids[0])).toMatchObject({
      outcome: 'SUCCESS',
      result: { got: { a: 1 } },
      correlation_id,
      note: null,
    });
    expect(replies.find(({ command_id }) => command_id === command_ids[1])).toMatchObject({
      outcome: 'FAILED',
      error_code: 'NO',
      error_message: 'not today',
    });
    expect(await consumeReplies(lab.bus, 'mine')).toEqual([]);
  });
});

describe('C16: consuming', () => {
  test.each([1, 3])('by eight at once takes each exactly once, oldest first, over %i lanes', async (lanes) => {
    const lab = await openLab({ lanes });
    const ids = await fill(lab, 600);
    const consumed: string[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (;;) {
          const taken = (await consumeReplies(lab.bus, 'mine', { limit: 17 })).map(({ reply_id }) => reply_id);
          expect(taken).toEqual(taken.toSorted());
          consumed.push(...taken);
          // Others may hold the last ones for a moment.
          if (taken.length === 0 && consumed.length >= ids.length) return;
        }
      }),
    );
    expect(consumed.toSorted()).toEqual(ids.toSorted());
    expect(await lab.rows('select 1 from faultline.reply')).toEqual([]);
  });

  test('in a transaction of the caller’s own stands and falls with it', async () => {
    const lab = await openLab();
    const ids = await fill(lab, 3);
    const client = new pg.Client({ connectionString: lab.url });
    await client.connect();
    onTestFinished(() => client.end());
    await expect(consumeReplies(lab.bus, 'mine', { tx: client })).rejects.toBeInstanceOf(ConfigurationError);
    await client.query('begin');
    const first = await consumeReplies(lab.bus, 'mine', { limit: 2, tx: client });
    expect(first.map(({ reply_id, result }) => [reply_id, result])).toEqual([
      [ids[0], { n: 0 }],
      [ids[1], { n: 1 }],
    ]);
    // Another consumer passes over what is being taken.
    expect((await consumeReplies(lab.bus, 'mine')).map(({ reply_id }) => reply_id)).toEqual([ids[2]]);
    await client.query('rollback');
    expect((await consumeReplies(lab.bus, 'mine')).map(({ reply_id }) => reply_id)).toEqual(ids.slice(0, 2));
  });

  test('of a queue that cannot be is refused by path', async () => {
    const lab = await openLab();
    for (const [queue, limit, path] of [
      ['a b', 1, 'queue'],
      ['', 1, 'queue'],
      ['mine', 0, 'limit'],
      ['mine', 1001, 'limit'],
    ] as const) {
      const refused = await consumeReplies(lab.bus, queue, { limit }).catch((error: unknown) => error);
      expect((refused as InvalidInputError).errors).toMatchObject([{ path }]);
    }
  });
});

describe('what is kept for a process', () => {
  test('is shown and counted, but neither consumed nor cleared', async () => {
    const lab = await openLab();
    await fill(lab, 1_500);
    const [kept] = await fill(lab, 1, { process_id: newId(), note: 'no process has this id' });
    await fill(lab, 1, { queue: 'other' });
    expect(await listReplyQueues(lab.pool)).toMatchObject([
      { queue: 'mine', count: 1_501, kept_count: 1, oldest_at: expect.any(Date) },
      { queue: 'other', count: 1, kept_count: 0 },
    ]);
    expect(await clearReplies(lab.bus, 'mine')).toEqual({ queue: 'mine', deleted_count: 1_500 });
    expect(await consumeReplies(lab.bus, 'mine')).toEqual([]);
    expect(await listReplies(lab.pool, { queue: 'mine', limit: 9 })).toMatchObject([{ reply_id: kept }]);
    // No process waits for it: anyone who looked at it may delete it.
    await discardReply(lab.bus, kept as string);
    await expect(discardReply(lab.bus, kept as string)).rejects.toBeInstanceOf(NotFoundError);
  });
});
