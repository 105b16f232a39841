// What is told twice, out of order or hours late, and to services that do not know all of it: a process hears each reply once,
// and only the one it waits for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandTransition } from '../../src/bus/handlers.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { transitionCommand } from '../../src/bus/transitions.ts';
import { withTx } from '../../src/db/pool.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import { newId } from '../../src/model/ids.ts';
import { findViolations } from '../end/story.ts';
import { chain, DOMAIN, type Lab, openLab } from '../process/lab.ts';
import { emptyTables } from '../support/database.ts';
import { atLeast, timeLimit } from '../support/random.ts';
import { until } from '../support/until.ts';

const trip = chain(['book', 'pay', 'mail']);

async function createWithoutWork(lab: Lab, count: number): Promise<string> {
  const batch_id = await lab.launch(trip, { count });
  const launching = await lab.work({ domains: ['faultline'] });
  await until('all are created', async () => (await lab.processes(batch_id)).length === count);
  await launching.stop();
  return batch_id;
}

const deliver = (lab: Lab, transitions: readonly CommandTransition[]) =>
  withTx(lab.bus.pool, async (tx) => void (await lab.bus.hooks.onTransitions?.(tx, transitions)));

describe('a transition that is delivered again', () => {
  test('twice in one set, out of order, at once or hours later: the story of the process is the same', {
    timeout: timeLimit(60_000),
  }, async () => {
    const lab = await openLab({ processes: [trip], finishers: false });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            which: fc.nat(100),
            again: fc.constantFrom('replied', 'parked', 'unparked', 'discarded'),
            failed: fc.boolean(),
          }),
          {
            minLength: 6,
            maxLength: 14,
          },
        ),
        async (repeats) => {
          await emptyTables(
            lab.pool,
            'faultline.command',
            'faultline.process',
            'faultline.attempt',
            'faultline.event',
            'faultline.batch',
          );
          const batch_id = await createWithoutWork(lab, 2);
          const settled: CommandTransition[] = [];
          for (let round = 0; round < 3; round++) {
            const claimed = await claimReadyCommands(lab.bus.pool, {
              domain: DOMAIN,
              lane: 0,
              limit: 9,
              claim_id: newId(),
              worker_id: newId(),
            });
            await settleSet(
              lab.bus,
              claimed.map((command) => ({
                command,
                outcome: { kind: 'success' as const, result: {} },
                abandoned: false,
              })),
            );
            for (const command of claimed)
              settled.push({
                kind: 'replied',
                command: transitionCommand(command),
                reply: { outcome: 'SUCCESS', result: {} },
              });
            const before = await lab.processes(batch_id);
            const chosen = repeats
              .slice(round * 4, round * 4 + 5)
              .map(({ which, again, failed }): CommandTransition => {
                const { command } = settled[which % settled.length] as CommandTransition;
                if (again === 'parked') return { kind: 'parked', command, error_code: 'OLD', error_message: 'Old.' };
                if (again === 'unparked' || again === 'discarded') return { kind: again, command };
                return {
                  kind: 'replied',
                  command,
                  reply: failed ? { outcome: 'FAILED', error_code: 'OLD' } : { outcome: 'SUCCESS' },
                };
              });
            await deliver(lab, chosen);
            expect(await lab.processes(batch_id)).toEqual(before);
          }
          for (const process of await lab.processes(batch_id)) {
            expect(process).toMatchObject({ status: 'COMPLETED', path: ['book', 'pay', 'mail'] });
            expect(process.state.done).toEqual(['book', 'pay', 'mail']);
            expect(process.command_ids).toHaveLength(3);
          }
        },
      ),
      { numRuns: atLeast(12) },
    );
  });

  test('the same set, told by eight at the same moment: each process goes on once', async () => {
    const lab = await openLab({ processes: [trip], finishers: false });
    const batch_id = await createWithoutWork(lab, 40);
    const claimed = await claimReadyCommands(lab.bus.pool, {
      domain: DOMAIN,
      lane: 0,
      limit: 99,
      claim_id: newId(),
      worker_id: newId(),
    });
    const items = claimed.map((command) => ({
      command,
      outcome: { kind: 'success' as const, result: {} },
      abandoned: false,
    }));
    const written = await Promise.all(Array.from({ length: 8 }, () => settleSet(lab.bus, items)));
    expect(written.flat()).toHaveLength(40);
    for (const process of await lab.processes(batch_id))
      expect(process).toMatchObject({ path: ['book', 'pay'], state: { done: ['book'] } });
    // Whose answer it is, is known by the claim: no one was late.
    expect((await lab.events({ batch_id })).map(({ type }) => type)).toEqual(['BATCH_STARTED']);
  });
});

test('two services and one that knows neither the type nor the version advance one batch between them', {
  timeout: 60_000,
}, async () => {
  const COUNT = 120;
  const newer = chain(['mail', 'pay', 'book'], { version: 2 });
  const stranger = chain(['book', 'pay', 'mail'], { type: 'Stranger' });
  const both = await openLab({ processes: [trip, newer] });
  const old = await openLab({ processes: [trip], database: both.database });
  // Handlers of the same command types, but definitions of another type of process.
  const none = await openLab({ processes: [stranger], database: both.database });
  const workers = [await both.work({ slots: 10 }), await old.work({ slots: 10 }), await none.work({ slots: 10 })];
  const batches = [await both.launch(newer, { count: COUNT }), await old.launch(trip, { count: COUNT })];
  for (const batch_id of batches) await both.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 40_000 });
  await Promise.all(workers.map((worker) => worker.stop()));
  for (const batch_id of batches) {
    expect(await findViolations(both.pool, batch_id)).toEqual([]);
    const rows = await both.processes(batch_id);
    expect(new Set(rows.map(({ command_ids }) => command_ids.length))).toEqual(new Set([3]));
  }
  const { rows } = await both.pool.query(
    `select (select count(*)::int from faultline.reply) as kept, count(*)::int as ignored from faultline.event where type = 'REPLY_IGNORED'`,
  );
  expect(rows).toEqual([{ kept: 0, ignored: 0 }]);
  const { rows: by } = await both.pool.query(
    `select count(distinct worker_id)::int as workers from faultline.attempt where purpose = 'step'`,
  );
  expect(by).toEqual([{ workers: 3 }]);
});
