// Pages of commands. Standalone ones and those of processes are kept in different orders; a page of both merges the two, newest first,
// and its cursor remembers where each was left off.

import type { z } from 'zod';
import type { Queryable } from '../db/pool.ts';
import { readBatch } from '../db/queries/batches.ts';
import {
  type CommandRecord,
  listBatchCommands,
  listCommandsOfProcess,
  listProcessCommands,
  listStandaloneCommands,
  type StandalonePlace,
} from '../db/queries/read-commands.ts';
import type { Command, commandsQuerySchema } from './contract.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { toWire } from './wire.ts';

type Query = z.output<typeof commandsQuerySchema>;

interface Places {
  standalone: StandalonePlace | null;
  process_command_id: string | null;
}

export async function readCommandPage(db: Queryable, { limit, cursor, ...query }: Query) {
  const places = placesOf(cursor);
  const { standalone, others } = await readBoth(db, query, places, limit + 1);
  const merged = mergeNewestFirst(standalone, others);
  const shown = merged.slice(0, limit);
  const lastOf = (from: readonly CommandRecord[]) => shown.findLast((command) => from.includes(command));
  const [last_standalone, last_other] = [lastOf(standalone), lastOf(others)];
  const next = encodeCursor('command', [
    last_standalone?.created_at_us ?? places.standalone?.created_at_us ?? null,
    last_standalone?.command_id ?? places.standalone?.command_id ?? null,
    last_other?.command_id ?? places.process_command_id,
  ]);
  return { items: shown.map(showCommand), next_cursor: merged.length > limit ? next : null };
}

/**
 * The newer of the two that come next, again and again, so that what is shown of each is its beginning: the cursor knows no more of it than
 * where it was left off. Ids are made before their transaction begins, so those of processes may be older than their neighbours.
 */
function mergeNewestFirst(standalone: readonly CommandRecord[], others: readonly CommandRecord[]): CommandRecord[] {
  const merged: CommandRecord[] = [];
  for (let i = 0, j = 0; i < standalone.length || j < others.length; ) {
    const [a, b] = [standalone[i], others[j]];
    if (a !== undefined && (b === undefined || a.created_at_us >= b.created_at_us)) {
      merged.push(a);
      i++;
    } else {
      merged.push(b as CommandRecord);
      j++;
    }
  }
  return merged;
}

function placesOf(cursor: string | undefined): Places {
  if (cursor === undefined) return { standalone: null, process_command_id: null };
  const [created_at_us, command_id, process_command_id] = decodeCursor(['command'], cursor).value;
  const standalone = created_at_us === null || command_id === null ? null : { created_at_us, command_id };
  return { standalone, process_command_id };
}

async function readBoth(
  db: Queryable,
  { purpose, process_id, batch_id, created_from, created_to, ...same }: Omit<Query, 'limit' | 'cursor'>,
  places: Places,
  limit: number,
): Promise<{ standalone: CommandRecord[]; others: CommandRecord[] }> {
  const filter = { ...same, created_from: dateOf(created_from), created_to: dateOf(created_to) };
  const before = places.process_command_id;
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
    // Its commands were made after it was: nothing older is looked at.
    const created_from = filter.created_from ?? batch.created_at;
    return { standalone: [], others: await listProcessCommands(db, { ...ofProcesses, created_from }, before, limit) };
  }
  const standalone =
    purpose === undefined || purpose === 'standalone'
      ? await listStandaloneCommands(db, filter, places.standalone, limit)
      : [];
  if (purpose === 'standalone') return { standalone, others: [] };
  // Where standalone commands fill the page, those of processes that are older than its end are for a later one.
  const newer_than = standalone.length < limit ? undefined : standalone.at(-1)?.created_at;
  return { standalone, others: await listProcessCommands(db, { ...ofProcesses, newer_than }, before, limit) };
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}

export function showCommand({ created_at_us: _us, ...command }: CommandRecord): Command {
  return toWire(command);
}
