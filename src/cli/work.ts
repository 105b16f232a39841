// faultline work: one worker. Drains on SIGTERM or SIGINT, and lives through a database that goes away and comes back.
// Its first act is to end the leases of the worker it replaces, so that nothing waits for a dead one.

import { INTERNAL_DOMAIN } from '../bus/bus.ts';
import { createGuard } from '../chaos/guard.ts';
import { expireWorkerLeases } from '../db/queries/claims.ts';
import { createEnv, type Logger } from '../model/env.ts';
import { liveUnderSupervisor, tellWorking } from '../supervisor/child.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { createMortality } from './chaos-crash.ts';
import { compose, reaching } from './compose.ts';
import { CONNECTIONS_NEEDED } from './connections.ts';
import { createProgressLog } from './progress-log.ts';
import { stopRequested } from './signals.ts';
import { catchStrays } from './strays.ts';
import type { Slots } from './work-options.ts';

export interface WorkOptions {
  database_url?: string;
  data_dir: string;
  app?: string;
  worker_id?: string;
  name?: string;
  slots?: Slots;
  domains?: readonly string[];
  replaces: readonly string[];
  follow_process?: string;
  logger: Logger;
}

export async function work(options: WorkOptions): Promise<void> {
  const { logger } = options;
  liveUnderSupervisor();
  const stop = stopRequested();
  const stray = catchStrays(logger);
  const mortality = createMortality(createEnv(logger));
  const service = await compose({
    ...options,
    name: `faultline ${options.name ?? 'work'}`,
    read_connections: CONNECTIONS_NEEDED.worker.reads,
    crash: mortality.crash,
  });
  await reaching(options.database_url ?? '', async () => {
    for (const worker_id of options.replaces) {
      const count = await expireWorkerLeases(service.bus.pool, worker_id);
      if (count > 0) logger.info({ worker_id, count }, `Ended ${count} leases of the worker that died`);
    }
  });
  const progressLog = createProgressLog({ logger, pool: service.pool, follow_process: options.follow_process });
  let tellUnhealthy: (reason: string) => void = () => {};
  const unhealthy = new Promise<string>((resolve) => {
    tellUnhealthy = resolve;
  });
  const domains = domainsToWork(options.domains, service.registry.domains());
  const worker = service.createWorker({
    worker_id: options.worker_id,
    name: options.name,
    slots: options.slots,
    domains,
    onSettled: progressLog.onSettled,
    onUnhealthy: tellUnhealthy,
  });
  const guard = createGuard({ pool: service.pool, env: service.bus.env, outage: service.bus.outage });
  await reaching(options.database_url ?? '', () => worker.start());
  guard.start();
  mortality.begin();
  tellWorking();
  logger.info({ worker_id: worker.worker_id, domains }, 'Working');

  const toBeReplaced = Promise.race([unhealthy, stray]).then((reason) => new CliError(`To be replaced: ${reason}.`));
  const signal = await Promise.race([stop, toBeReplaced]);
  if (signal instanceof CliError) logger.error({}, signal.message);
  else logger.info({}, `${signal}: taking no more work, finishing what is in flight`);
  mortality.end();
  await Promise.all([guard.stop(), worker.stop()]);
  progressLog.stop();
  await service.close();
  if (signal instanceof CliError) throw signal;
  logger.info({}, 'Stopped working');
}

/** Faultline's own work is every worker's: without it no batch would be launched. */
function domainsToWork(named: readonly string[] | undefined, known: readonly string[]): readonly string[] {
  if (named === undefined) return known;
  const unknown = named.filter((domain) => !known.includes(domain));
  if (unknown.length > 0) {
    const visible = known.filter((domain) => domain !== INTERNAL_DOMAIN).join(', ') || 'none';
    throw new CliError(`The application has no handler in ${unknown.join(', ')}. It has: ${visible}.`, EXIT.usage);
  }
  return [...new Set([...named, INTERNAL_DOMAIN])];
}
