// How many connections to PostgreSQL a run takes at most: all are opened when they are needed, and closed when they are not.
// What `faultline doctor` counts with, and what the processes are opened with.

import type { ServerFacts } from '../db/queries/server.ts';
import { CONNECTIONS } from '../process/service.ts';
import type { Finding } from './doctor-condition.ts';

/** Of each process, by what they are for. */
export const CONNECTIONS_NEEDED = {
  /** The guard of stop conditions and what is told of batches. */
  worker: { bus: CONNECTIONS, application: CONNECTIONS, notifier: 1, reads: 2 },
  serve: { bus: CONNECTIONS, application: CONNECTIONS, notifier: 1, reads: CONNECTIONS },
  /** The analysis thread. */
  analysis: { reads: 1, application: 2 },
  /** Turbulence. */
  start: { turbulence: 1 },
} as const;

/** As many as `faultline start` runs by itself. */
const WORKERS = 2;

/** Whether there are enough beside those of other programs. Pure. */
export function checkConnections(
  facts: Pick<ServerFacts, 'max_connections' | 'connections' | 'other_connections'>,
): Finding {
  const { max_connections, connections, other_connections } = facts;
  const needed = connectionsNeeded(WORKERS);
  const enough = max_connections - other_connections >= needed;
  const says = `${connections} of ${max_connections} in use, ${other_connections} by others; a server and ${WORKERS} workers take up to ${needed}`;
  return {
    check: 'connections',
    state: enough ? 'ok' : 'warn',
    says: enough ? says : `${says}: too few are left (max_connections)`,
  };
}

/** Of a whole run with so many workers. */
function connectionsNeeded(workers: number): number {
  const { worker, serve, analysis, start } = CONNECTIONS_NEEDED;
  return workers * total(worker) + total(serve) + total(analysis) + total(start);
}

function total(connections: Readonly<Record<string, number>>): number {
  return Object.values(connections).reduce((sum, count) => sum + count, 0);
}
