// Being told to stop: the first signal asks for an order, a later one for the end.
// SIGINT, SIGTERM and SIGHUP mean the same; one wish that arrives twice at once is still one.

import { EXIT } from '../supervisor/exit.ts';

/** A Ctrl-C under npm comes from the terminal and again from npm, which passes it on. */
const SAME_WISH_MS = 500;

export interface StopListeners {
  first(signal: NodeJS.Signals): void;
  again(): void;
}

export function onStopSignals({ first, again }: StopListeners): void {
  let asked_ms: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked_ms === undefined) {
        asked_ms = performance.now();
        first(signal);
      } else if (performance.now() - asked_ms > SAME_WISH_MS) again();
    });
  }
}

/** Resolves at the first signal; a later one ends the process hard. */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => onStopSignals({ first: resolve, again: () => process.exit(EXIT.interrupted) }));
}
