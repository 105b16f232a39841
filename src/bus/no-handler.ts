// Commands of a type that is not registered here. While versions change, an old worker meets commands of a newer one: it gives them
// back, uncounted and later each time, so that a worker that knows them may come first; one that nobody takes is parked in the end.

import { countUnhandled } from '../db/queries/settles.ts';
import { type ClaimedCommand, park, release } from '../model/command.ts';
import { type Bus, byLane } from './bus.ts';
import type { HandlerRegistry } from './handlers.ts';
import type { SettleItem } from './settle.ts';

/** After the first, second and third meeting; the fourth parks. */
const GRACE_MS = [1_000, 5_000, 25_000];

/** Commands whose type has a handler here, and the others. */
export function splitHandled(registry: HandlerRegistry, commands: ClaimedCommand[]) {
  const isHandled = (command: ClaimedCommand) => registry.find(command.domain, command.type) !== undefined;
  if (commands.every(isHandled)) return { handled: commands, unhandled: [] };
  return { handled: commands.filter(isHandled), unhandled: commands.filter((command) => !isHandled(command)) };
}

/**
 * What becomes of commands without a handler. How often each was met is not on its row, but on its attempts: those given back for
 * this reason since the last that came to anything else. Looked up only here, so that nothing else pays for it.
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
  tell(bus, items);
  return items;
}

function unhandled(command: ClaimedCommand, met: number): SettleItem {
  const failure = {
    error_code: 'NO_HANDLER',
    error_message: `No handler is registered for ${command.domain}/${command.type}.`,
  };
  // Work of Faultline itself is never given up: a newer version sent it, and will do it.
  const endless = command.purpose === 'chunk' || command.purpose === 'job';
  const delay_ms = GRACE_MS[endless ? Math.min(met, GRACE_MS.length - 1) : met];
  if (delay_ms === undefined)
    return { command, abandoned: true, outcome: { kind: 'permanent', ...failure }, settlement: park('PERMANENT') };
  return { command, abandoned: true, outcome: { kind: 'released', ...failure }, settlement: release(delay_ms) };
}

function tell(bus: Bus, items: readonly SettleItem[]): void {
  const counts = new Map<string, number>();
  for (const { command, settlement } of items) {
    const what = settlement?.effect === 'TSQ' ? 'parked' : `given back for ${settlement?.delay_ms} ms`;
    const key = `no handler for ${command.domain}/${command.type}: ${what}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [message, count] of counts) bus.env.logger.warn({ count }, message);
}
