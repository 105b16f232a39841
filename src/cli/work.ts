// faultline work: one worker. Drains on SIGTERM or SIGINT, and outlasts outages of the database.
// First it ends the leases of the workers it replaces, so that their commands need not wait.

import type { Command } from 'commander';
import { INTERNAL_DOMAIN } from '../bus/bus.ts';
import { createGuard } from '../chaos/guard.ts';
import { createEnv } from '../model/env.ts';
import { liveUnderSupervisor, reportWorking } from '../supervisor/child.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { ChaosCrash } from './chaos-crash.ts';
import { compose, reaching } from './compose.ts';
import { CONNECTIONS_NEEDED } from './connections.ts';
import { createLogger } from './logger.ts';
import { type ServiceFlags, withServiceOptions } from './options.ts';
import { ProgressLog } from './progress-log.ts';
import { endReplacedLeases } from './replaced-workers.ts';
import { awaitStop } from './signals.ts';
import { followedProcess, type WorkFlags, withWorkOptions } from './work-options.ts';

export function register(program: Command): void {
  withWorkOptions(withServiceOptions(program.command('work').description('run one worker'))).action(work);
}

async function work(flags: ServiceFlags & WorkFlags): Promise<void> {
  const logger = createLogger();
  const name = process.env.FAULTLINE_WORKER_NAME || undefined;
  liveUnderSupervisor();
  const stop = awaitStop(logger);
  const chaosCrash = new ChaosCrash(createEnv(logger));
  const service = await compose({
    ...flags,
    logger,
    name: `faultline ${name ?? 'work'}`,
    read_connections: CONNECTIONS_NEEDED.worker.reads,
    crash: () => chaosCrash.crash(),
  });
  const url = flags.databaseUrl ?? '';
  await reaching(url, () => endReplacedLeases(service.bus.pool, logger));
  const progressLog = new ProgressLog({ logger, pool: service.pool, follow_process: followedProcess(flags) });
  let onUnhealthy: (reason: string) => void = () => {};
  const unhealthy = new Promise<string>((resolve) => {
    onUnhealthy = resolve;
  });
  const domains = domainsToWork(flags.domains, service.registry.domains());
  const worker = service.createWorker({
    worker_id: process.env.FAULTLINE_WORKER_ID || undefined,
    name,
    slots: flags.slots,
    domains,
    onSettled: (settled) => progressLog.add(settled),
    onUnhealthy,
  });
  const guard = createGuard({ pool: service.pool, env: service.bus.env, databaseHealth: service.bus.databaseHealth });
  await reaching(url, () => worker.start());
  guard.start();
  chaosCrash.enable();
  reportWorking();
  logger.info({ worker_id: worker.worker_id, domains }, 'Working');

  const drain = async () => {
    chaosCrash.disable();
    await Promise.all([guard.stop(), worker.stop()]);
    progressLog.stop();
    await service.close();
  };
  await stop('taking no more work, finishing work in progress', drain, unhealthy);
  logger.info({}, 'Stopped working');
}

/** The internal domain is in every worker's: without it no batch would be launched. */
function domainsToWork(named: readonly string[] | undefined, known: readonly string[]): readonly string[] {
  if (named === undefined) return known;
  const unknown = named.filter((domain) => !known.includes(domain));
  if (unknown.length > 0) {
    const visible = known.filter((domain) => domain !== INTERNAL_DOMAIN).join(', ') || 'none';
    throw new CliError(`The application has no handler in ${unknown.join(', ')}. It has: ${visible}.`, EXIT.usage);
  }
  return [...new Set([...named, INTERNAL_DOMAIN])];
}
