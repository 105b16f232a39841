// Sending commands, in the caller's transaction, through the hooks; and the pieces every part of the bus shares.
// A send that committed is durable; a wake-up follows the commit and only speeds things up.

import type { Notifier } from '../db/notifier.ts';
import type { Pool, Tx } from '../db/pool.ts';
import { insertCommands, insertCommandsIfAbsent } from '../db/queries/commands.ts';
import type { ClaimedCommand } from '../model/command.ts';
import type { Env } from '../model/env.ts';
import type { Settings } from '../model/settings.ts';
import type { Control } from './control.ts';
import type { BusHooks, OutgoingCommand, TransitionCommand } from './handlers.ts';
import type { OutageLog } from './outage.ts';

/** What every part of the bus works with. */
export interface Bus {
  pool: Pool;
  env: Env;
  notifier: Notifier;
  hooks: BusHooks;
  outage: OutageLog;
  /** What operators have set. */
  control: Control;
  /** The settings that hold now, for whoever has no value of its own. */
  settings(): Settings;
  lanes: number;
}

/** The domain of Faultline's own work; hidden from lists. */
export const INTERNAL_DOMAIN = 'faultline';

/**
 * Inserts commands, all of one lane, in the caller's transaction. Hint the domains after its commit.
 * @returns the domains they went to.
 */
export async function sendCommands(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<Set<string>> {
  const [first] = commands;
  if (first === undefined) return new Set();
  const annotated = (await bus.hooks.beforeSend?.(tx, commands)) ?? new Set<string>();
  await insertCommands(tx, first.lane, commands, annotated);
  return new Set(commands.map((command) => command.domain));
}

/** The same for commands in order of id, but passes over ids that are there. Returns the ids it sent. */
export async function sendIfAbsent(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<Set<string>> {
  const [first] = commands;
  if (first === undefined) return new Set();
  const annotated = (await bus.hooks.beforeSend?.(tx, commands)) ?? new Set<string>();
  return insertCommandsIfAbsent(tx, first.lane, commands, annotated);
}

/** Calls the hook with transitions of one lane; returns the domains in which it sent commands. */
export async function notifyTransitions(
  bus: Bus,
  tx: Tx,
  transitions: Parameters<NonNullable<BusHooks['onTransitions']>>[1],
): Promise<ReadonlySet<string>> {
  if (transitions.length === 0 || bus.hooks.onTransitions === undefined) return new Set();
  return bus.hooks.onTransitions(tx, transitions);
}

export function transitionCommand(command: ClaimedCommand): TransitionCommand {
  return {
    command_id: command.command_id,
    lane: command.lane,
    domain: command.domain,
    type: command.type,
    purpose: command.purpose,
    process_id: command.process_id,
    batch_id: command.batch_id,
    step: command.step,
    correlation_id: command.correlation_id,
    reply_to: command.reply_to,
    attempts: command.attempts,
    policy: {
      max_attempts: command.max_attempts,
      backoff_ms: command.backoff_ms,
      jitter_pct: command.jitter_pct,
      lease_ms: command.lease_ms,
    },
  };
}

export { byLane } from '../model/ids.ts';
