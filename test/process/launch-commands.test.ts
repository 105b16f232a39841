// Command batches: created exactly once whatever fails, counted exactly, added to, closed, cancelled, and their end told once.

import { describe, expect, onTestFinished, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import {
  DuplicateCommandError,
  InvalidInputError,
  NotFoundError,
  PermanentCommandError,
  WrongStateError,
} from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { createFinisher } from '../../src/process/finish.ts';
import { addCommands, closeCommandBatch, launchCommands } from '../../src/process/launch-commands.ts';
import { type Lab, type LabOptions, openLab } from '../bus/lab.ts';
import { signal, until } from '../support/until.ts';

const ALL = ['lab', 'faultline'];
const template = { domain: 'lab', type: 'Work' };
const ACTOR = { actor: 'someone' };

async function openBatches(options: LabOptions = {}): Promise<Lab> {
  const lab = await openLab({ handler: () => 'done', ...options });
  const finisher = createFinisher(lab.bus);
  finisher.start();
  onTestFinished(() => finisher.stop());
  return lab;
}

const batchOf = async (lab: Lab, batch_id: string) =>
  (await lab.rows('select * from faultline.batch where batch_id = $1', [batch_id]))[0] as Record<string, unknown>;

const reaches = (lab: Lab, batch_id: string, ...statuses: string[]) =>
  until(`the batch is ${statuses.join(' or ')}`, async () => {
    const batch = await batchOf(lab, batch_id);
    return statuses.includes(batch.status as string) ? batch : null;
  });

const repliesIn = (lab: Lab, queue: string) =>
  lab.rows('select * from faultline.reply where queue = $1 order by reply_id', [queue]);

const eventsOf = async (lab: Lab, batch_id: string) =>
  (
    await lab.rows(`select type from faultline.event where batch_id = $1 and type like 'BATCH%' order by event_id`, [
      batch_id,
    ])
  ).map(({ type }) => type);

describe('B01: a batch with a name, with data of its sender, and closed', () => {
  test.each([1, 3])('is created and ends with exact counts, over %i lanes', async (lanes) => {
    const lab = await openBatches({ lanes });
    const launched = await launchCommands(lab.bus, {
      name: 'mine',
      custom: { of: 'mine' },
      count: 2_100,
      template: { ...template, payload: { a: 1 }, retry: { max_attempts: 1 }, priority: 7 },
    });
    expect(launched).toMatchObject({ status: 'CREATING', total_count: 2_100, command_ids: [] });
    await lab.work({ domains: ALL });
    const batch = await reaches(lab, launched.batch_id, 'COMPLETED');
    expect(batch).toMatchObject({
      name: 'mine',
      custom: { of: 'mine' },
      kind: 'command',
      created_count: 2_100,
      completed_count: 2_100,
      waiting_count: 0,
      failed_count: 0,
    });
    expect(batch.closed_at).not.toBeNull();
    expect(Number(batch.completed_at)).toBeGreaterThanOrEqual(Number(batch.started_at));
    expect(await eventsOf(lab, launched.batch_id)).toEqual(['BATCH_STARTED', 'BATCH_COMPLETED']);
    expect(
      await lab.rows(
        'select distinct payload, priority, max_attempts from faultline.command where batch_id = $1 and purpose = $2',
        [launched.batch_id, 'standalone'],
      ),
    ).toEqual([{ payload: { a: 1 }, priority: 7, max_attempts: 1 }]);
  });

  test('whose chunks die before and after their commit has exactly the commands it was to have', async () => {
    const lab = await openBatches();
    let [before, after] = [2, 2];
    lab.on('in_chunk', () => {
      if (before-- > 0) throw new Error('died before the commit');
    });
    lab.on('after_chunk', () => {
      if (after-- > 0) throw new Error('died after the commit');
    });
    const { batch_id } = await launchCommands(lab.bus, { count: 2_500, template });
    await lab.work({ domains: ALL });
    expect(await reaches(lab, batch_id, 'COMPLETED')).toMatchObject({ created_count: 2_500, completed_count: 2_500 });
    expect([before, after].map((left) => left < 0)).toEqual([true, true]);
  });

  test('of these very commands has them at once, or none of them', async () => {
    const lab = await openBatches();
    const taken = newId();
    const commands = [template, { ...template, command_id: taken }];
    const launched = await launchCommands(lab.bus, { commands });
    expect(launched.command_ids).toHaveLength(2);
    expect(launched.command_ids[1]).toBe(taken);
    await expect(launchCommands(lab.bus, { commands })).rejects.toBeInstanceOf(DuplicateCommandError);
    expect(await lab.rows('select batch_id from faultline.batch')).toEqual([{ batch_id: launched.batch_id }]);
    await lab.work();
    expect(await reaches(lab, launched.batch_id, 'COMPLETED')).toMatchObject({ total_count: 2, completed_count: 2 });
  });

  test('that cannot be is refused by path, and nothing is written', async () => {
    const lab = await openLab();
    for (const [request, path] of [
      [{ count: 1 }, 'count'],
      [{ count: 0, template }, 'count'],
      [{ count: 100_001, template }, 'count'],
      [{ count: 1, template: { ...template, priority: -1 } }, 'template.priority'],
      [{ count: 1, template: { ...template, command_id: newId() } }, 'template.command_id'],
      [{ count: 1, template, commands: [template] }, 'commands'],
      [{ commands: [{ ...template, batch_id: newId() }] }, 'commands.0.batch_id'],
      [{ commands: [template, { ...template, type: '' }] }, 'commands.1.type'],
      [{ custom: { a: '\0' } }, 'custom.a'],
      [{ reply_to: 'a b' }, 'reply_to'],
      [{ seed: '!' }, 'seed'],
    ] as const) {
      const refused = await launchCommands(lab.bus, request as never).catch((error: unknown) => error);
      expect(refused, path).toBeInstanceOf(InvalidInputError);
      expect((refused as InvalidInputError).errors[0]?.path).toBe(path);
    }
    expect(await lab.rows('select 1 from faultline.batch')).toEqual([]);
  });
});

describe('B01: an open batch', () => {
  test('takes more, does not end before it is closed, and then takes no more', async () => {
    const lab = await openBatches();
    await lab.work({ domains: ALL });
    const { batch_id } = await launchCommands(lab.bus, { name: 'open' });
    const added = await addCommands(lab.bus, batch_id, [template, template]);
    expect(added.total_count).toBe(2);
    await until('all it has is done', async () => (await batchOf(lab, batch_id)).completed_count === 2);
    expect(await batchOf(lab, batch_id)).toMatchObject({ status: 'CREATING' });
    await closeCommandBatch(lab.bus, batch_id);
    await expect(closeCommandBatch(lab.bus, batch_id)).rejects.toBeInstanceOf(WrongStateError);
    await expect(addCommands(lab.bus, batch_id, [template])).rejects.toBeInstanceOf(WrongStateError);
    expect(await reaches(lab, batch_id, 'COMPLETED')).toMatchObject({ total_count: 2, completed_count: 2 });
    await expect(addCommands(lab.bus, newId(), [template])).rejects.toBeInstanceOf(NotFoundError);
  });

  test('with nothing in it ends when it is closed', async () => {
    const lab = await openBatches();
    const { batch_id } = await launchCommands(lab.bus, { reply_to: 'ends' });
    await closeCommandBatch(lab.bus, batch_id);
    await reaches(lab, batch_id, 'COMPLETED');
    expect(await repliesIn(lab, 'ends')).toMatchObject([{ outcome: 'SUCCESS' }]);
  });

  test('closed while eight add to it has exactly what was accepted', async () => {
    const lab = await openBatches();
    await lab.work({ domains: ALL });
    const { batch_id } = await launchCommands(lab.bus, {});
    let accepted = 0;
    const adders = Array.from({ length: 8 }, async () => {
      for (;;) {
        const added = await addCommands(lab.bus, batch_id, [template, template, template]).catch(
          (error: unknown) => error,
        );
        if (added instanceof WrongStateError) return;
        expect(added).toMatchObject({ batch_id });
        accepted += 3;
      }
    });
    await until('some were added', async () => accepted > 30);
    await closeCommandBatch(lab.bus, batch_id);
    await Promise.all(adders);
    expect(await reaches(lab, batch_id, 'COMPLETED')).toMatchObject({
      total_count: accepted,
      created_count: accepted,
      completed_count: accepted,
    });
  });
});

describe('B02, B08: what became of the commands', () => {
  test('failed, canceled and parked are counted apart; a retry makes the batch go on and end again', async () => {
    let broken = true;
    const breaking = () => {
      if (broken) throw new PermanentCommandError('BROKEN', 'not yet');
      return 'mended';
    };
    const lab = await openBatches({ handlers: { Break: breaking } });
    await lab.work({ domains: ALL });
    const { batch_id, command_ids } = await launchCommands(lab.bus, {
      reply_to: 'ends',
      commands: [template, { ...template, type: 'Break' }],
    });
    expect(await reaches(lab, batch_id, 'AT_REST')).toMatchObject({
      completed_count: 1,
      in_troubleshooting_count: 1,
      waiting_count: 0,
    });
    expect(await repliesIn(lab, 'ends')).toEqual([]);
    broken = false;
    await retryCommand(lab.bus, command_ids[1] as string, ACTOR);
    expect(await reaches(lab, batch_id, 'COMPLETED')).toMatchObject({ completed_count: 2, rested_at: null });
    expect(await eventsOf(lab, batch_id)).toEqual([
      'BATCH_STARTED',
      'BATCH_AT_REST',
      'BATCH_REOPENED',
      'BATCH_COMPLETED',
    ]);
    expect(await repliesIn(lab, 'ends')).toMatchObject([{ outcome: 'SUCCESS', batch_id, command_id: null }]);
  });
});

describe('B03, B04: its end is told by a reply', () => {
  test('once, with its counts, also when the finisher dies in the middle of telling', async () => {
    const lab = await openBatches();
    await lab.work({ domains: ALL });
    let deaths = 0;
    lab.on('in_finish', (context) => {
      if ((context as { next: string }).next === 'COMPLETED' && deaths++ < 2) throw new Error('died before the commit');
    });
    const { batch_id } = await launchCommands(lab.bus, {
      count: 30,
      template: { ...template, reply_to: 'each' },
      reply_to: 'ends',
    });
    await reaches(lab, batch_id, 'COMPLETED');
    expect(deaths).toBeGreaterThan(2);
    expect(await repliesIn(lab, 'ends')).toMatchObject([
      {
        outcome: 'SUCCESS',
        batch_id,
        result: { status: 'COMPLETED', total_count: 30, completed_count: 30, failed_count: 0 },
      },
    ]);
    expect(await repliesIn(lab, 'each')).toHaveLength(30);
  });
});

describe('B05: cancelling', () => {
  test('while chunks are under way: what was not begun is cancelled and told, the rest runs out, the counts add up', async () => {
    const lab = await openBatches();
    const third = signal('two chunks are done and a third is under way');
    let chunks = 0;
    lab.on('in_chunk', () => {
      if (++chunks === 3) third.fire();
    });
    await lab.work({ domains: ALL });
    const { batch_id } = await launchCommands(lab.bus, {
      count: 12_000,
      template: { ...template, reply_to: 'each' },
      reply_to: 'ends',
    });
    await third.promise;
    await cancelBatch(lab.bus, batch_id, ACTOR);
    await expect(addCommands(lab.bus, batch_id, [template])).rejects.toBeInstanceOf(WrongStateError);
    const batch = await reaches(lab, batch_id, 'CANCELED');
    const [{ n, done }] = (await lab.rows(
      `select count(*)::int as n, count(*) filter (where status in ('COMPLETED', 'CANCELED'))::int as done
       from faultline.command where batch_id = $1 and purpose = 'standalone'`,
      [batch_id],
    )) as [{ n: number; done: number }];
    expect(batch.created_count).toBe(n);
    expect(done).toBe(n);
    expect((batch.completed_count as number) + (batch.canceled_count as number)).toBe(n);
    expect(await repliesIn(lab, 'each')).toHaveLength(n);
    expect(await repliesIn(lab, 'ends')).toMatchObject([{ outcome: 'CANCELED', result: { status: 'CANCELED' } }]);
  });

  test('an open batch closes it', async () => {
    const lab = await openBatches();
    await lab.work({ domains: ALL });
    const { batch_id } = await launchCommands(lab.bus, {});
    await addCommands(lab.bus, batch_id, [{ ...template, delay_ms: 3_600_000 }]);
    await cancelBatch(lab.bus, batch_id, ACTOR);
    const batch = await reaches(lab, batch_id, 'CANCELED');
    expect(batch).toMatchObject({ canceled_count: 1, total_count: 1 });
    expect(batch.closed_at).not.toBeNull();
  });
});
