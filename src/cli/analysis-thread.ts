// The entry of the analysis thread: loads the application and opens connections of its own. Writes nothing to the
// database.

import { workerData } from 'node:worker_threads';
import { createApplicationPool, createPool } from '../db/pool.ts';
import { ProcessRegistry } from '../process/define.ts';
import { type Analysis, createAnalysis, serveAnalysis } from '../verification/index.ts';
import { loadApplication } from './compose.ts';
import { CONNECTIONS_NEEDED } from './connections.ts';
import { createLogger } from './logger.ts';
import { logStrays } from './strays.ts';

export interface AnalysisThreadData {
  url: string;
  app?: string;
  data_dir: string;
}

async function open({ url, app, data_dir }: AnalysisThreadData): Promise<Analysis> {
  const application = await loadApplication(app);
  const processes = new ProcessRegistry();
  for (const definition of application.processes) processes.register(definition);
  const { reads, application: own } = CONNECTIONS_NEEDED.analysis;
  const pool = createPool(url, { application_name: 'faultline analysis', max: reads });
  // For the application's own statements, while the connections above are in use.
  const context_pool = createApplicationPool(url, { application_name: 'faultline analysis, application', max: own });
  const context = { pool: context_pool, logger: createLogger(), data_dir };
  return createAnalysis({ pool, processes, application, context });
}

// Code of definitions runs here, and may leave floating promises behind.
logStrays(createLogger());
serveAnalysis(open(workerData as AnalysisThreadData));
