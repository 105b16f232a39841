// faultline serve: the API and the page. Answers "not ready" rather than dying while the database is away.
// On SIGTERM or SIGINT it ends its streams, finishes what it was asked, and leaves. It reaps, too: the workers may all be stuck.

import { fileURLToPath } from 'node:url';
import { createReapTask } from '../bus/reap.ts';
import { allowedTurbulence } from '../chaos/turbulence.ts';
import { packageRoot } from '../db/package-root.ts';
import { createServer } from '../http/index.ts';
import type { Logger } from '../model/env.ts';
import { liveUnderSupervisor, tellWorking } from '../supervisor/child.ts';
import { CliError } from '../supervisor/exit.ts';
import { AnalysisThread } from '../verification/index.ts';
import type { AnalysisThreadData } from './analysis-thread.ts';
import { compose } from './compose.ts';
import { stopRequested } from './signals.ts';
import { catchStrays } from './strays.ts';

export interface ServeOptions {
  database_url?: string;
  data_dir: string;
  app?: string;
  host: string;
  port: number;
  /** What the supervisor may do for batches; of `serve` alone nothing would be done. */
  turbulence?: string;
  logger: Logger;
}

export async function serve(options: ServeOptions): Promise<void> {
  const { host, port, logger } = options;
  liveUnderSupervisor();
  const stop = stopRequested();
  const stray = catchStrays(logger);
  const service = await compose({ ...options, name: 'faultline serve' });
  const analysis = new AnalysisThread(new URL('./analysis-thread.js', import.meta.url), {
    url: options.database_url ?? '',
    app: options.app,
    data_dir: service.context.data_dir,
  } satisfies AnalysisThreadData);
  const server = await createServer({
    service,
    analysis,
    ui_dir: fileURLToPath(new URL('dist/ui', packageRoot)),
    turbulence: allowedTurbulence(options.turbulence),
  });
  try {
    const url = await server.listen({ host, port });
    logger.info({ url }, 'Serving');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new CliError(`Port ${port} is taken by another program. Stop that, or choose another with --port.`);
  }
  const reaping = createReapTask(service.bus);
  reaping.start();
  tellWorking();
  const toBeReplaced = stray.then((reason) => new CliError(`To be replaced: ${reason}.`));
  const signal = await Promise.race([stop, toBeReplaced]);
  if (signal instanceof CliError) logger.error({}, signal.message);
  else logger.info({}, `${signal}: ending what was asked, then leaving`);
  await reaping.stop();
  await server.close();
  await analysis.close();
  await service.close();
  if (signal instanceof CliError) throw signal;
}
