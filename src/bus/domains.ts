// What operators do to a domain: pause, resume, cap. Each is one guarded statement, so of two operators one wins and the other is
// told. From its commit on nobody claims in a paused domain, and no more than the cap over all workers; what runs goes on.

import {
  capDomainIfKnown,
  type DomainRow,
  pauseDomainIfRunning,
  readDomain,
  resumeDomainIfPaused,
} from '../db/queries/domains.ts';
import { InvalidInputError, NotFoundError, WrongStateError } from '../model/errors.ts';
import { isWithin, LIMITS, rangeMessage } from '../model/limits.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import { CONTROL_TOPIC } from './control.ts';
import type { Operator } from './troubleshooting.ts';

/** Claims nothing more of the domain until it is resumed. What is in progress goes on. @throws NotFoundError, WrongStateError */
export async function pauseDomain(bus: Bus, domain: string, operator: Operator): Promise<DomainRow> {
  refuseInternal(domain);
  const row = await pauseDomainIfRunning(bus.pool, domain, operator);
  if (row === null) return refuse(bus, domain, (known) => `The domain ${domain} was paused by ${known.paused_by}.`);
  bus.env.logger.warn({ domain, ...operator }, `${operator.actor} paused the domain ${domain}`);
  await tellWorkers(bus, domain);
  return row;
}

/** @throws NotFoundError, WrongStateError */
export async function resumeDomain(bus: Bus, domain: string, operator: Operator): Promise<DomainRow> {
  refuseInternal(domain);
  const row = await resumeDomainIfPaused(bus.pool, domain);
  if (row === null) return refuse(bus, domain, () => `The domain ${domain} is not paused.`);
  bus.env.logger.info({ domain, ...operator }, `${operator.actor} resumed the domain ${domain}`);
  await tellWorkers(bus, domain);
  return row;
}

/**
 * At most `max_in_flight` attempts of the domain are in progress at a time, over all workers; null: as many as they have slots.
 * More that are in progress already end first. @throws InvalidInputError, NotFoundError, WrongStateError
 */
export async function capDomain(
  bus: Bus,
  domain: string,
  max_in_flight: number | null,
  operator: Operator,
): Promise<DomainRow> {
  refuseInternal(domain);
  if (max_in_flight !== null && !isWithin(max_in_flight, LIMITS.max_in_flight)) {
    const message = `${rangeMessage(LIMITS.max_in_flight)}, or null`;
    throw new InvalidInputError('The cap is out of bounds.', [
      { path: 'max_in_flight', code: 'out_of_range', message },
    ]);
  }
  const row = await capDomainIfKnown(bus.pool, domain, max_in_flight);
  if (row === null) throw new NotFoundError('domain', domain);
  bus.env.logger.warn({ domain, max_in_flight, ...operator }, `${operator.actor} capped the domain ${domain}`);
  await tellWorkers(bus, domain);
  return row;
}

/** Without it no batch would be launched or cancelled, and nobody would see why. */
function refuseInternal(domain: string): void {
  if (domain === INTERNAL_DOMAIN)
    throw new WrongStateError(`The domain ${INTERNAL_DOMAIN} is Faultline's own: it can be neither paused nor capped.`);
}

async function refuse(bus: Bus, domain: string, why: (known: DomainRow) => string): Promise<never> {
  const known = await readDomain(bus.pool, domain);
  throw known === null ? new NotFoundError('domain', domain) : new WrongStateError(why(known));
}

async function tellWorkers(bus: Bus, domain: string): Promise<void> {
  bus.notifier.wake(CONTROL_TOPIC);
  bus.notifier.wake(domain);
  await bus.control.refresh();
}
