// Inserts commands in the caller's transaction, through the hook `beforeSend`.
// A committed insert is durable; the wake-up after the commit only speeds things up.

import type { Tx } from '../db/pool.ts';
import { insertCommands, insertCommandsIfAbsent } from '../db/queries/commands.ts';
import { DuplicateCommandError } from '../model/errors.ts';
import { byLane } from '../model/ids.ts';
import type { Bus } from './bus.ts';
import type { OutgoingCommand } from './handlers.ts';
import { CHUNK_SIZE } from './lanes.ts';

const NONE: ReadonlySet<string> = new Set();

/** Inserts commands of one lane. Returns their domains, to be woken after the commit. */
export async function sendCommands(
  bus: Bus,
  tx: Tx,
  commands: readonly OutgoingCommand[],
): Promise<ReadonlySet<string>> {
  const [first] = commands;
  if (first === undefined) return NONE;
  await insertCommands(tx, first.lane, commands, await annotate(bus, tx, commands));
  return new Set(commands.map((command) => command.domain));
}

/** Inserts commands of one lane in order of id, skipping ids that exist. Returns the ids it inserted. */
export async function sendIfAbsent(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<Set<string>> {
  const [first] = commands;
  if (first === undefined) return new Set();
  return insertCommandsIfAbsent(tx, first.lane, commands, await annotate(bus, tx, commands));
}

async function annotate(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<ReadonlySet<string>> {
  return (await bus.hooks.beforeSend?.(tx, commands)) ?? NONE;
}

/** Inserts commands of any lanes. @throws DuplicateCommandError naming every id that exists */
export async function sendOrThrow(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<void> {
  const lanes = [...byLane(commands, (command) => command.lane)].sort(([a], [b]) => a - b);
  const duplicates: string[] = [];
  for (const [, group] of lanes) {
    // Ordered, so that two senders who share ids wait for each other in one direction only.
    const ordered = group.toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1));
    for (let from = 0; from < ordered.length; from += CHUNK_SIZE) {
      const chunk = ordered.slice(from, from + CHUNK_SIZE);
      const sent = await sendIfAbsent(bus, tx, chunk);
      if (sent.size < chunk.length)
        duplicates.push(...chunk.map(({ command_id }) => command_id).filter((id) => !sent.has(id)));
    }
  }
  if (duplicates.length > 0) throw new DuplicateCommandError(duplicates);
}
