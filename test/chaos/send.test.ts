// Sending: the process writes e2e.test_command when behavior exists, and nothing when not, with the command or not at all.

import fc from 'fast-check';
import { commandBehaviorSchema, TestCommandRepository } from 'faultline/chaos';
import { describe, expect, test } from 'vitest';
import type { OutgoingCommand } from '../../src/bus/handlers.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import { asTx, type Queryable, type Tx, withTx } from '../../src/db/pool.ts';
import { newId } from '../../src/model/ids.ts';
import { atLeast } from '../support/random.ts';
import { behaviorArbitrary } from './arbitraries.ts';
import { openLab, step, work } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const { pool } = lab.database;
const repository = new TestCommandRepository();
const find = async (command: OutgoingCommand) =>
  (await repository.find(pool, [command.command_id])).get(command.command_id);

/** A transaction that notes the text of each statement. */
function recording(tx: Tx): { tx: Tx; texts: string[] } {
  const texts: string[] = [];
  const query = ((statement: { text: string } | string, values?: unknown[]) => {
    texts.push(typeof statement === 'string' ? statement : statement.text);
    return (tx.query as (...args: unknown[]) => unknown)(statement, values);
  }) as Queryable['query'];
  return { tx: asTx({ query }), texts };
}

/** Sends in one transaction; returns the statements it took. */
async function sendRecorded(commands: OutgoingCommand[]): Promise<string[]> {
  return withTx(pool, async (tx) => {
    const recorded = recording(tx);
    await sendCommands(bus, recorded.tx, commands);
    return recorded.texts;
  });
}

const isAnnotated = async ({ command_id }: OutgoingCommand) => {
  const { rows } = await pool.query('select annotated from faultline.command where command_id = $1', [command_id]);
  return rows[0]?.annotated as boolean;
};

describe('with behavior', () => {
  test('a row stands beside the command, and the command says so', async () => {
    const command = step({ fail_transient_pct: 5, error_code: null, max_duration_ms: 9 });
    await lab.send(command);
    const { command_id, process_id } = command;
    expect(await find(command)).toEqual({
      command_id,
      lane: 0,
      behavior: { fail_transient_pct: 5, max_duration_ms: 9 },
      payload: { process_id, process_step: 'cut' },
    });
    expect(await isAnnotated(command)).toBe(true);
  });

  test('a second visit of a step takes the behavior of its key, and its row keeps the visit', async () => {
    const command = step({ timeout_pct: 1 }, { step: 'cut#2' });
    await lab.send(command);
    expect(await find(command)).toMatchObject({ behavior: { timeout_pct: 1 }, payload: { process_step: 'cut#2' } });
  });

  test('of a standalone command: found by its type', async () => {
    const command = work({ timeout_pct: 2 });
    await lab.send(command);
    const payload = { process_id: null, process_step: null };
    expect(await find(command)).toMatchObject({ behavior: { timeout_pct: 2 }, payload });
  });

  test('a set takes one statement for all of its rows, and none for those without', async () => {
    const commands = [
      step({ timeout_pct: 3 }),
      step(null),
      step({}),
      step({ timeout_pct: null }),
      step({ timeout_pct: 4 }),
    ];
    const texts = await sendRecorded(commands);
    expect(texts.filter((text) => text.includes('e2e.test_command'))).toHaveLength(1);
    expect(texts).toHaveLength(2);
    const rows = await Promise.all(commands.map(find));
    expect(rows.map((row) => row?.behavior.timeout_pct)).toEqual([3, undefined, undefined, undefined, 4]);
    expect(await Promise.all(commands.map(isAnnotated))).toEqual([true, false, false, false, true]);
  });

  test('a transaction that fails leaves neither row nor command', async () => {
    const command = step({ timeout_pct: 5 });
    const sending = withTx(pool, async (tx) => {
      await sendCommands(bus, tx, [command]);
      throw new Error('not today');
    });
    await expect(sending).rejects.toThrow('not today');
    expect(await find(command)).toBeUndefined();
    expect(await isAnnotated(command)).toBeUndefined();
  });

  test('a duplicate id is told by the command, and the row of the first stays', async () => {
    const command = step({ timeout_pct: 6 });
    await lab.send(command);
    const again = lab.send({ ...command, state: { behavior: { cut: { timeout_pct: 7 } } } });
    await expect(again).rejects.toMatchObject({ code: '23505', table: 'command' });
    expect(await find(command)).toMatchObject({ behavior: { timeout_pct: 6 } });
  });
});

describe('without behavior', () => {
  const nothing: [string, OutgoingCommand][] = [
    ['no state', step(null, { state: null })],
    ['a state without behavior', step(null)],
    ['behavior null', step(null, { state: { behavior: null } })],
    ['a behavior of other steps only', step(null, { state: { behavior: { weld: { timeout_pct: 1 } } } })],
    ['an empty behavior', step({})],
    ['a behavior of nulls', step({ timeout_pct: null, error_code: null })],
    ['a step called as what every object inherits', step({ timeout_pct: 1 }, { step: 'constructor' })],
    ['a compensation', step({ timeout_pct: 1 }, { purpose: 'compensation', type: 'Undo' })],
    ['a chunk', work({ timeout_pct: 1 }, { purpose: 'chunk' })],
    ['a job', work({ timeout_pct: 1 }, { purpose: 'job' })],
  ];

  test.each(nothing)('%s: nothing is written and nothing is asked', async (_, command) => {
    const texts = await sendRecorded([command]);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain('insert into faultline.command');
    expect(await isAnnotated(command)).toBe(false);
    expect(await find(command)).toBeUndefined();
  });
});

describe('the repository', () => {
  test('finds many by one query, and nothing by none', async () => {
    const commands = Array.from({ length: 50 }, (_, n) => step({ timeout_pct: n }));
    await lab.send(...commands);
    const found = await repository.find(pool, [...commands.map(({ command_id }) => command_id), newId()]);
    expect(commands.map(({ command_id }) => found.get(command_id)?.behavior)).toEqual(
      commands.map((_, n) => ({ timeout_pct: n })),
    );
    expect(found.size).toBe(50);
    expect(await repository.find(pool, [])).toEqual(new Map());
  });

  test('writes a statement for each lane', async () => {
    const row = (lane: number) => {
      const payload = { process_id: null, process_step: null };
      return { command_id: newId(lane, 4), lane, behavior: { timeout_pct: lane }, payload };
    };
    const rows = [row(0), row(1), row(1), row(3)];
    const texts = await withTx(pool, async (tx) => {
      const recorded = recording(tx);
      await repository.createMany(recorded.tx, rows);
      return recorded.texts;
    });
    expect(texts).toHaveLength(3);
    const found = await repository.find(
      pool,
      rows.map((r) => r.command_id),
    );
    expect(rows.map((r) => found.get(r.command_id))).toEqual(rows);
  });
});

test('behavior serialises through request, state and repository row', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(behaviorArbitrary, { minLength: 1, maxLength: 20 }), async (behaviors) => {
      const commands = behaviors.map((behavior) => {
        const request: unknown = JSON.parse(JSON.stringify(behavior));
        const state: object = JSON.parse(JSON.stringify({ behavior: { cut: commandBehaviorSchema.parse(request) } }));
        return step(null, { state: state as Record<string, unknown> });
      });
      await lab.send(...commands);
      const found = await repository.find(
        pool,
        commands.map(({ command_id }) => command_id),
      );
      for (const [n, { command_id }] of commands.entries()) {
        const given = Object.entries(behaviors[n] ?? {}).filter(([, value]) => value !== null);
        if (given.length === 0) expect(found.has(command_id)).toBe(false);
        else expect(found.get(command_id)?.behavior).toEqual(Object.fromEntries(given));
      }
    }),
    { numRuns: atLeast(25) },
  );
});
