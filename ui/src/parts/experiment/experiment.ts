// Labels of an experiment document: stop conditions and turbulence. Pure.

import type { Experiment } from '../../../../src/http/contract.ts';
import { formatCount, formatDuration, formatPercent } from '../format.ts';

export type StopCondition = NonNullable<Experiment['stop_conditions']>[number];
export type StopMetric = StopCondition['metric'];
export type StopAction = StopCondition['action'];

export const TURBULENCE_KINDS = ['kill_worker', 'restart_postgres', 'terminate_backends', 'pause_postgres'] as const;
export type TurbulenceKind = (typeof TURBULENCE_KINDS)[number];

export const TURBULENCE_LABELS: Record<TurbulenceKind, { label: string; effect: string; short: string }> = {
  kill_worker: { label: 'Kill a worker', short: 'worker killed', effect: 'without warning; it is restarted' },
  restart_postgres: {
    label: 'Restart PostgreSQL',
    short: 'PostgreSQL restarted',
    effect: 'every connection is lost at once',
  },
  terminate_backends: {
    label: 'Terminate connections',
    short: 'connections terminated',
    effect: 'the server stays up',
  },
  pause_postgres: { label: 'Pause PostgreSQL', short: 'PostgreSQL paused', effect: 'it does not respond for a while' },
};

/** The label of a kind of turbulence, also of one that this page does not know. */
export function turbulenceLabel(kind: string): string {
  return TURBULENCE_LABELS[kind as TurbulenceKind]?.short ?? kind.replaceAll('_', ' ');
}

export const STOP_LABELS: Record<StopMetric, { label: string; unit: string }> = {
  in_troubleshooting: { label: 'In troubleshooting', unit: 'processes' },
  error_pct: { label: 'Attempts that fail', unit: '% of the last 10 s' },
  backlog_age_ms: { label: 'Age of the backlog', unit: 's' },
};

export const STOP_ACTIONS: Record<StopAction, string> = {
  abort: 'stop injecting',
  mark: 'record it and continue',
};

/** The experiment of a batch as the wire has it. */
export function experimentOf(document: Record<string, unknown> | null | undefined): Partial<Experiment> {
  return (document ?? {}) as Partial<Experiment>;
}

const VALUES: Record<StopMetric, (above: number) => string> = {
  in_troubleshooting: (above) => `${formatCount(above)} processes`,
  error_pct: formatPercent,
  backlog_age_ms: formatDuration,
};

/** "in troubleshooting above 100 processes"; an unknown metric has its own name. */
export function stopLabel(metric: string, above: number): string {
  if (!Object.hasOwn(STOP_LABELS, metric)) return `${metric} above ${above}`;
  const known = metric as StopMetric;
  return `${STOP_LABELS[known].label.toLowerCase()} above ${VALUES[known](above)}`;
}

/** "Kill a worker every 5 s", for each kind in use. */
export function describeTurbulence(turbulence: Experiment['turbulence']): string[] {
  if (!turbulence) return [];
  const words = TURBULENCE_KINDS.flatMap((kind) => {
    const every = turbulence[`${kind}_every_ms`];
    if (!every) return [];
    const pause = kind === 'pause_postgres' && turbulence.pause_ms ? ` for ${formatDuration(turbulence.pause_ms)}` : '';
    return [`${TURBULENCE_LABELS[kind].label}${pause} every ${formatDuration(every)}`];
  });
  return turbulence.for_ms ? [...words, `for ${formatDuration(turbulence.for_ms)} in all`] : words;
}
