// TestCommandRepository: the chaos rows beside commands, as documents.
// Promises that a row stands and falls with the transaction that sends its command.

import type { Queryable, Tx } from '../db/pool.ts';
import type { CommandBehavior } from './behavior.ts';
import { compactBehavior } from './behavior.ts';
import type { TestCommandPayload } from './queries/test-command.ts';
import { insertTestCommands, readTestCommands } from './queries/test-command.ts';

/** A row of `e2e.test_command`. */
export interface TestCommand {
  command_id: string;
  lane: number;
  behavior: CommandBehavior;
  payload: TestCommandPayload;
}

export class TestCommandRepository {
  /**
   * Writes rows in the sending transaction, one statement a lane. Nulls are left out of the behavior,
   * and a row of which nothing is left is not written. Returns the ids it has a row for.
   */
  async createMany(tx: Tx, rows: readonly TestCommand[]): Promise<Set<string>> {
    const written = new Set<string>();
    const lanes = new Map<number, TestCommand[]>();
    for (const row of rows) {
      const behavior = compactBehavior(row.behavior);
      if (behavior === null) continue;
      written.add(row.command_id);
      const group = lanes.get(row.lane) ?? [];
      group.push({ ...row, behavior });
      lanes.set(row.lane, group);
    }
    for (const [lane, group] of lanes) await insertTestCommands(tx, lane, group);
    return written;
  }

  /** The rows of these commands by id, in one query; a command without chaos has none. */
  async find(db: Queryable, command_ids: readonly string[]): Promise<Map<string, TestCommand>> {
    if (command_ids.length === 0) return new Map();
    const rows = await readTestCommands(db, command_ids);
    return new Map(rows.map((row) => [row.command_id, row]));
  }
}
