// Stop signals: the first asks for an orderly stop, a later one stops at once. SIGINT, SIGTERM and SIGHUP mean the
// same.

import type { Logger } from '../model/env.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { catchStrays } from './strays.ts';

/** A Ctrl-C under npm arrives twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 500;

export interface StopListeners {
  first(signal: NodeJS.Signals): void;
  again(): void;
}

export function onStopSignals({ first, again }: StopListeners): void {
  let first_ms: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first_ms === undefined) {
        first_ms = performance.now();
        first(signal);
      } else if (performance.now() - first_ms > SAME_SIGNAL_MS) again();
    });
  }
}

/**
 * Listens from now on for signals and stray errors. The returned function waits for the first of them, or for
 * `unhealthy`, then runs `stop`; it throws when the process must be replaced.
 */
export function awaitStop(logger: Logger) {
  const signaled = new Promise<NodeJS.Signals>((resolve) =>
    onStopSignals({ first: resolve, again: () => process.exit(EXIT.interrupted) }),
  );
  const stray = catchStrays(logger);
  return async (says: string, stop: () => Promise<void>, unhealthy: Promise<string> = stray): Promise<void> => {
    const defect = Promise.race([stray, unhealthy]).then((reason) => new CliError(`To be replaced: ${reason}.`));
    const why = await Promise.race([signaled, defect]);
    if (why instanceof CliError) logger.error({}, why.message);
    else logger.info({}, `${why}: ${says}`);
    await stop();
    if (why instanceof CliError) throw why;
  };
}
