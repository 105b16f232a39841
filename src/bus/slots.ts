// How many attempts of a domain a worker runs at a time: given for this worker, else as the settings say.
// Promises a number from 1 to 10,000 for every domain, or a ConfigurationError before anything runs.

import { ConfigurationError } from '../model/errors.ts';
import { isWithin, LIMITS, rangeMessage } from '../model/limits.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';

/** For every domain alike, or by domain; `*` stands for those not named. */
export type SlotOptions = number | Readonly<Record<string, number>>;

/** A chunk is 1,000 processes at once. */
const INTERNAL_SLOTS = 2;

/** What to ask for the slots of a domain; the answer may change with the settings. */
export function slotsOf(bus: Bus, domains: readonly string[], given?: SlotOptions): (domain: string) => number {
  const named = typeof given === 'number' ? { '*': given } : (given ?? {});
  for (const [domain, slots] of Object.entries(named)) {
    if (!isWithin(slots, LIMITS.slots))
      throw new ConfigurationError(`The slots of ${domain} ${rangeMessage(LIMITS.slots)}, not ${slots}.`);
    if (domain !== '*' && !domains.includes(domain))
      throw new ConfigurationError(`Slots are given for the domain ${domain}, which this worker does not work.`);
  }
  return (domain) => {
    if (Object.hasOwn(named, domain)) return named[domain] as number;
    return domain === INTERNAL_DOMAIN ? INTERNAL_SLOTS : (named['*'] ?? bus.settings().slots);
  };
}
