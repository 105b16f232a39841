// The number of attempts of a domain that a worker runs at a time: an option of the worker, or else the setting.

import { ConfigurationError } from '../model/errors.ts';
import { isWithin, LIMITS, rangeMessage } from '../model/limits.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';

/** For every domain, or by domain; `*` for the others. */
export type SlotOptions = number | Readonly<Record<string, number>>;

/** A chunk is 1,000 processes at once. */
const INTERNAL_SLOTS = 2;

/** Returns the slots of a domain, which may change with the settings. @throws ConfigurationError */
export function slotsOf(bus: Bus, domains: readonly string[], given?: SlotOptions): (domain: string) => number {
  const named = typeof given === 'number' ? { '*': given } : (given ?? {});
  for (const [domain, slots] of Object.entries(named)) {
    if (!isWithin(slots, LIMITS.slots))
      throw new ConfigurationError(`The slots of ${domain} ${rangeMessage(LIMITS.slots)}, not ${slots}.`);
    if (domain !== '*' && !domains.includes(domain))
      throw new ConfigurationError(`There are slots for the domain ${domain}, which is not one of this worker's.`);
  }
  return (domain) => {
    if (Object.hasOwn(named, domain)) return named[domain] as number;
    return domain === INTERNAL_DOMAIN ? INTERNAL_SLOTS : (named['*'] ?? bus.settings().slots);
  };
}
