// faultline serve: the API and the page. Stays up and answers "not ready" while the database is unavailable.
// It also settles attempts whose lease has expired, because all workers may be stuck.

import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createReapTask } from '../bus/reap.ts';
import { allowedTurbulence } from '../chaos/turbulence.ts';
import { packageRoot } from '../db/package-root.ts';
import { createServer } from '../http/index.ts';
import { liveUnderSupervisor, reportWorking } from '../supervisor/child.ts';
import { CliError } from '../supervisor/exit.ts';
import { AnalysisThread } from '../verification/index.ts';
import type { AnalysisThreadData } from './analysis-thread.ts';
import { compose } from './compose.ts';
import { createLogger } from './logger.ts';
import { hostOption, portOption, type ServiceFlags, withServiceOptions } from './options.ts';
import { awaitStop } from './signals.ts';

export function register(program: Command): void {
  withServiceOptions(
    program
      .command('serve')
      .description('run the server: the API and the page')
      .addOption(portOption())
      .addOption(hostOption()),
  ).action(serve);
}

async function serve(flags: ServiceFlags & { host: string; port: number }): Promise<void> {
  const { host, port } = flags;
  const logger = createLogger();
  liveUnderSupervisor();
  const stop = awaitStop(logger);
  const service = await compose({ ...flags, name: 'faultline serve', logger });
  const analysis = new AnalysisThread(new URL('./analysis-thread.js', import.meta.url), {
    url: flags.databaseUrl ?? '',
    app: flags.app,
    data_dir: service.context.data_dir,
  } satisfies AnalysisThreadData);
  const server = await createServer({
    service,
    analysis,
    ui_dir: fileURLToPath(new URL('dist/ui', packageRoot)),
    // Set by the supervisor, which makes the turbulence.
    turbulence: allowedTurbulence(process.env.FAULTLINE_TURBULENCE),
  });
  try {
    logger.info({ url: await server.listen({ host, port }) }, 'Serving');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new CliError(`Port ${port} is taken by another program. Stop that, or choose another with --port.`);
  }
  const reaping = createReapTask(service.bus);
  reaping.start();
  reportWorking();
  await stop('finishing open requests, then leaving', async () => {
    await reaping.stop();
    await server.close();
    await analysis.close();
    await service.close();
  });
}
