// The maximum number of connections to PostgreSQL in a run; they are opened and closed as needed.

import type { ServerFacts } from '../db/queries/server.ts';
import { CONNECTIONS } from '../process/service.ts';
import { type Finding, warn } from './findings.ts';

/** By process and purpose. */
export const CONNECTIONS_NEEDED = {
  /** Reads: stop conditions and the progress log. */
  worker: { bus: CONNECTIONS, application: CONNECTIONS, notifier: 1, reads: 2 },
  serve: { bus: CONNECTIONS, application: CONNECTIONS, notifier: 1, reads: CONNECTIONS },
  /** The analysis thread. */
  analysis: { reads: 1, application: 2 },
  start: { turbulence: 1 },
} as const;

/** The default of `faultline start`. */
const WORKERS = 2;

/** Whether enough are left beside those of other programs. Pure. */
export function checkConnections({
  max_connections,
  connections,
  other_connections,
}: Pick<ServerFacts, 'max_connections' | 'connections' | 'other_connections'>): Finding {
  const { worker, serve, analysis, start } = CONNECTIONS_NEEDED;
  const needed = WORKERS * total(worker) + total(serve) + total(analysis) + total(start);
  const says = `${connections} of ${max_connections} in use, ${other_connections} by others; a server and ${WORKERS} workers take up to ${needed}`;
  const few = max_connections - other_connections < needed;
  return warn('connections', few && `${says}: too few are left (max_connections)`, says);
}

function total(connections: Readonly<Record<string, number>>): number {
  return Object.values(connections).reduce((sum, count) => sum + count, 0);
}
