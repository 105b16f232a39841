// TestCommandRepository: stores what chaos does to a command, in the transaction that sends the command.

import type { Queryable, Tx } from '../db/pool.ts';
import { byLane } from '../model/ids.ts';
import { compactBehavior } from './behavior.ts';
import { insertTestCommands, readTestCommands, type TestCommand } from './queries/test-command.ts';

export class TestCommandRepository {
  /**
   * Writes one statement per lane, without nulls in behaviors and without empty behaviors. Returns the ids of the rows.
   */
  async createMany(tx: Tx, rows: readonly TestCommand[]): Promise<Set<string>> {
    const written = rows.flatMap((row) => {
      const behavior = compactBehavior(row.behavior);
      return behavior === null ? [] : [{ ...row, behavior }];
    });
    for (const [lane, group] of byLane(written, (row) => row.lane)) await insertTestCommands(tx, lane, group);
    return new Set(written.map(({ command_id }) => command_id));
  }

  /** The rows by command id; a command without chaos has none. */
  async find(db: Queryable, command_ids: readonly string[]): Promise<Map<string, TestCommand>> {
    const rows = command_ids.length === 0 ? [] : await readTestCommands(db, command_ids);
    return new Map(rows.map((row) => [row.command_id, row]));
  }
}
