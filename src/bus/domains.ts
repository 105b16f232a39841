// The operator's verbs on a domain: pause, resume, cap. Each is one guarded statement, so one of two operators wins.
// After its commit, no worker claims in a paused domain or beyond the cap; attempts in progress continue.

import {
  capDomainIfKnown,
  type DomainRow,
  pauseDomainIfRunning,
  readDomain,
  resumeDomainIfPaused,
} from '../db/queries/domains.ts';
import { InvalidInputError, orNotFound, WrongStateError } from '../model/errors.ts';
import { isWithin, LIMITS, rangeMessage } from '../model/limits.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import { CONTROL_TOPIC } from './control.ts';
import type { Operator } from './operator.ts';

/**
 * Stops claiming in the domain until it is resumed. Attempts in progress go on.
 * @throws NotFoundError, WrongStateError
 */
export async function pauseDomain(bus: Bus, domain: string, operator: Operator): Promise<DomainRow> {
  rejectInternal(domain);
  const row = await pauseDomainIfRunning(bus.pool, domain, operator);
  if (row === null) return refuse(bus, domain, (known) => `The domain ${domain} was paused by ${known.paused_by}.`);
  bus.env.logger.warn({ domain, ...operator }, `${operator.actor} paused the domain ${domain}`);
  await wakeWorkers(bus, domain);
  return row;
}

/** @throws NotFoundError, WrongStateError */
export async function resumeDomain(bus: Bus, domain: string, operator: Operator): Promise<DomainRow> {
  rejectInternal(domain);
  const row = await resumeDomainIfPaused(bus.pool, domain);
  if (row === null) return refuse(bus, domain, () => `The domain ${domain} is not paused.`);
  bus.env.logger.info({ domain, ...operator }, `${operator.actor} resumed the domain ${domain}`);
  await wakeWorkers(bus, domain);
  return row;
}

/**
 * Limits the attempts of the domain in progress at a time over all workers; null: no limit but their slots. Attempts
 * above a new cap go on. @throws InvalidInputError, NotFoundError, WrongStateError
 */
export async function capDomain(
  bus: Bus,
  domain: string,
  max_in_flight: number | null,
  operator: Operator,
): Promise<DomainRow> {
  rejectInternal(domain);
  if (max_in_flight !== null && !isWithin(max_in_flight, LIMITS.max_in_flight)) {
    const message = `${rangeMessage(LIMITS.max_in_flight)}, or null`;
    throw new InvalidInputError('The cap is out of bounds.', [
      { path: 'max_in_flight', code: 'out_of_range', message },
    ]);
  }
  const row = orNotFound(await capDomainIfKnown(bus.pool, domain, max_in_flight), 'domain', domain);
  bus.env.logger.warn({ domain, max_in_flight, ...operator }, `${operator.actor} capped the domain ${domain}`);
  await wakeWorkers(bus, domain);
  return row;
}

/** Otherwise launches and cancellations would stop without a visible reason. */
function rejectInternal(domain: string): void {
  if (domain === INTERNAL_DOMAIN)
    throw new WrongStateError(`The domain ${INTERNAL_DOMAIN} is internal: it can be neither paused nor capped.`);
}

async function refuse(bus: Bus, domain: string, why: (known: DomainRow) => string): Promise<never> {
  throw new WrongStateError(why(orNotFound(await readDomain(bus.pool, domain), 'domain', domain)));
}

async function wakeWorkers(bus: Bus, domain: string): Promise<void> {
  bus.notifier.wake(CONTROL_TOPIC);
  bus.notifier.wake(domain);
  await bus.control.refresh();
}
