// Pages of commands. Standalone commands and those of processes have different orders: a page of both merges the two,
// newest first, and its cursor holds the last one shown of each.

import type { z } from 'zod';
import type { Queryable } from '../db/pool.ts';
import { readBatch } from '../db/queries/batches.ts';
import {
  type CommandRecord,
  listBatchCommands,
  listCommandsOfProcess,
  listProcessCommands,
  listStandaloneCommands,
} from '../db/queries/read-commands.ts';
import type { Command, commandsQuerySchema, Page } from './contract.ts';
import { decodeCursor, encodeCursor, type Key } from './paging.ts';
import { toWire } from './wire.ts';

type Query = z.output<typeof commandsQuerySchema>;

export async function readCommandPage(db: Queryable, { limit, cursor, ...query }: Query): Promise<Page<Command>> {
  const before = decodeCursor('command', cursor) ?? { standalone: null, process_command_id: null };
  const { standalone, others } = await readBoth(db, query, before, limit + 1);
  const merged = mergeNewestFirst(standalone, others);
  const shown = merged.slice(0, limit);
  const lastOf = (from: readonly CommandRecord[]) => shown.findLast((command) => from.includes(command));
  const next = encodeCursor('command', {
    standalone: lastOf(standalone) ?? before.standalone,
    process_command_id: lastOf(others)?.command_id ?? before.process_command_id,
  });
  return { items: shown.map(showCommand), next_cursor: merged.length > limit ? next : null };
}

/**
 * Takes the newer of the two heads until both lists are empty, so that a page shows the beginning of each list, as the
 * cursor requires. Ids are made before their transaction begins, so the order by time alone may differ.
 */
function mergeNewestFirst(standalone: readonly CommandRecord[], others: readonly CommandRecord[]): CommandRecord[] {
  const merged: CommandRecord[] = [];
  for (let i = 0, j = 0; ; ) {
    const [a, b] = [standalone[i], others[j]];
    if (a !== undefined && (b === undefined || a.created_at_us >= b.created_at_us)) {
      merged.push(a);
      i++;
    } else if (b !== undefined) {
      merged.push(b);
      j++;
    } else return merged;
  }
}

async function readBoth(
  db: Queryable,
  { purpose, process_id, batch_id, created_from, created_to, ...same }: Omit<Query, 'limit' | 'cursor'>,
  { standalone: before_standalone, process_command_id: before }: Key<'command'>,
  limit: number,
): Promise<{ standalone: CommandRecord[]; others: CommandRecord[] }> {
  const filter = { ...same, created_from: dateOf(created_from), created_to: dateOf(created_to) };
  const ofProcesses = { ...filter, purpose: purpose === 'standalone' ? undefined : purpose, batch_id };
  const none = { standalone: [], others: [] };
  if (process_id !== undefined) {
    if (purpose === 'standalone') return none;
    return { standalone: [], others: await listCommandsOfProcess(db, process_id, ofProcesses, before, limit) };
  }
  if (batch_id !== undefined) {
    const batch = await readBatch(db, batch_id);
    if (batch === null) return none;
    if (batch.kind === 'command') {
      if (purpose !== undefined && purpose !== 'standalone') return none;
      return { standalone: [], others: await listBatchCommands(db, batch_id, filter, { before_id: before, limit }) };
    }
    if (purpose === 'standalone') return none;
    // Its commands are not older than the batch.
    const created_from = filter.created_from ?? batch.created_at;
    return { standalone: [], others: await listProcessCommands(db, { ...ofProcesses, created_from }, before, limit) };
  }
  const standalone =
    purpose === undefined || purpose === 'standalone'
      ? await listStandaloneCommands(db, filter, before_standalone, limit)
      : [];
  if (purpose === 'standalone') return { standalone, others: [] };
  // If standalone commands fill the page, commands of processes older than the last of them belong on a later page.
  const newer_than = standalone.length < limit ? undefined : standalone.at(-1)?.created_at;
  return { standalone, others: await listProcessCommands(db, { ...ofProcesses, newer_than }, before, limit) };
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}

export function showCommand({ created_at_us: _us, ...command }: CommandRecord): Command {
  return toWire(command);
}
