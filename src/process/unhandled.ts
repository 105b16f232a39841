// Commands that the processes of a service send but that have no handler in it: misspelled, or work of another service.
// Reported, not rejected, because only the operator knows which of the two it is.

import type { HandlerRegistry } from '../bus/handlers.ts';
import type { AnyProcessDefinition } from './define.ts';

/** Lists each of them once: `Order version 1 sends shop/Shipp`. */
export function unhandledCommands(processes: Iterable<AnyProcessDefinition>, registry: HandlerRegistry): string[] {
  const found = new Set<string>();
  for (const { type, version, domain, steps } of processes) {
    for (const command of steps.flatMap((step) => [step.command, step.compensate?.command ?? step.command]))
      if (registry.find(domain, command) === undefined)
        found.add(`${type} version ${version} sends ${domain}/${command}`);
  }
  return [...found];
}
