// A small light beside a word: whether what one sees is fresh. It pulses only while it truly is live.

import type { ReactNode } from 'react';
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
