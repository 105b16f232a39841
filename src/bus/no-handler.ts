// Commands whose type has no handler in this worker, for example commands of a newer version during a deployment.
// The worker releases them, uncounted and with growing delays, so that a newer worker can claim them. In the end they
// are parked.

import { countUnhandled } from '../db/queries/settles.ts';
import { type ClaimedCommand, isInternal, park, release } from '../model/command.ts';
import { byLane } from '../model/ids.ts';
import type { Bus } from './bus.ts';
import type { HandlerRegistry } from './handlers.ts';
import type { SettleItem } from './settle.ts';

/** After the first, second and third claim; the fourth parks. */
const GRACE_MS = [1_000, 5_000, 25_000];

/** Commands whose type has a handler here, and the others. */
export function splitHandled(registry: HandlerRegistry, commands: ClaimedCommand[]) {
  const isHandled = (command: ClaimedCommand) => registry.find(command.domain, command.type) !== undefined;
  if (commands.every(isHandled)) return { handled: commands, unhandled: [] };
  return { handled: commands.filter(isHandled), unhandled: commands.filter((command) => !isHandled(command)) };
}

/**
 * Settles commands without a handler. Their earlier attempts tell how often each was given back for this reason in a
 * row.
 */
export async function settleUnhandled(bus: Bus, commands: readonly ClaimedCommand[]): Promise<SettleItem[]> {
  const items: SettleItem[] = [];
  for (const [lane, group] of byLane(commands, (command) => command.lane)) {
    const met = await countUnhandled(
      bus.pool,
      lane,
      group.map((command) => command.command_id),
    );
    for (const command of group) items.push(unhandled(command, met.get(command.command_id) ?? 0));
  }
  log(bus, items);
  return items;
}

function unhandled(command: ClaimedCommand, met: number): SettleItem {
  const failure = {
    error_code: 'NO_HANDLER',
    error_message: `No handler is registered for ${command.domain}/${command.type}.`,
  };
  // An internal command was sent by a newer version, which will handle it.
  const delay_ms = GRACE_MS[isInternal(command.purpose) ? Math.min(met, GRACE_MS.length - 1) : met];
  if (delay_ms === undefined)
    return { command, abandoned: true, outcome: { kind: 'permanent', ...failure }, settlement: park('PERMANENT') };
  return { command, abandoned: true, outcome: { kind: 'released', ...failure }, settlement: release(delay_ms) };
}

function log(bus: Bus, items: readonly SettleItem[]): void {
  const counts = new Map<string, number>();
  for (const { command, settlement } of items) {
    const what = settlement?.effect === 'TSQ' ? 'parked' : `given back for ${settlement?.delay_ms} ms`;
    const key = `no handler for ${command.domain}/${command.type}: ${what}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [message, count] of counts) bus.env.logger.warn({ count }, message);
}
