// A row of figures, each with a label and an optional note.

import type { ReactNode } from 'react';
import classes from './parts.module.css';

export interface Stat {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  testId?: string;
}

export function StatStrip({ stats, label }: { stats: readonly Stat[]; label: string }) {
  return (
    <section className={classes.stats} aria-label={label}>
      {stats.map((stat) => (
        <div key={stat.label} className={classes.stat} data-testid={stat.testId}>
          <div className={classes.statLabel}>{stat.label}</div>
          <div className={classes.statValue}>{stat.value}</div>
          {stat.note && <div className={classes.statNote}>{stat.note}</div>}
        </div>
      ))}
    </section>
  );
}
