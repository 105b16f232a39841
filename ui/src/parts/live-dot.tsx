// A light with a label: whether the page is live. It pulses only then.

import type { ReactNode } from 'react';
import { REFRESH } from '../api/refresh.ts';
import classes from './live-dot.module.css';

export type Liveness = 'live' | 'slow' | 'down' | 'still';

export function LiveDot({ liveness, children }: { liveness: Liveness; children: ReactNode }) {
  return (
    <span className={classes.root} data-liveness={liveness}>
      <span className={classes.dot} aria-hidden />
      {children}
    </span>
  );
}

export const REFRESHING = `Refreshed every ${REFRESH.live_ms / 1_000} s`;

/** The light of a page that polls until its subject is final. */
export function PolledLight({ final, failed }: { final: boolean; failed: boolean }) {
  if (final) return <PageLight liveness="still" word="Final" />;
  return failed ? <PageLight liveness="down" word="No connection" /> : <PageLight liveness="live" word={REFRESHING} />;
}

export function PageLight({ liveness, word }: { liveness: Liveness; word: string }) {
  return (
    <span data-testid="live" role="status">
      <LiveDot liveness={liveness}>{word}</LiveDot>
    </span>
  );
}
