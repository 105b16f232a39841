// The experiment of a launch as the form holds it: hypothesis, scope, stop conditions, turbulence. Pure.

import type { Batch } from '../../../../src/http/contract.ts';
import type { StopAction, StopMetric, TurbulenceKind } from '../../parts/experiment/experiment.ts';
import { experimentOf, TURBULENCE_KINDS } from '../../parts/experiment/experiment.ts';
import { durationError, lengthError, type NumberText, numberOf } from '../../parts/form/checks.ts';
import { compact } from '../../parts/form/json-text.ts';
import { formatCount, parseDuration, writeDuration } from '../../parts/format.ts';

export interface StopRow {
  /** Identifies the row while others are added and removed. */
  key: number;
  metric: StopMetric;
  /** Processes, percent, or seconds. */
  above: NumberText;
  action: StopAction;
}

export interface ExperimentValues {
  hypothesis: string;
  scope_pct: NumberText;
  stop_conditions: StopRow[];
  /** The interval, such as "30 s"; empty for never. */
  turbulence: Record<TurbulenceKind, string>;
  /** How long a pause of PostgreSQL lasts; empty for the default. */
  pause: string;
  /** How long turbulence goes on; empty until the batch ends. */
  lasting: string;
}

export const MAX_STOP_CONDITIONS = 10;
const MAX_ABOVE = 1_000_000_000;
const EVERY = { min: 1_000, max: 86_400_000 };
const PAUSE = { min: 100, max: 60_000 };
const DEFAULT_PAUSE_MS = 2_000;
/** The form shows milliseconds as seconds. */
const SCALE: Record<StopMetric, number> = { in_troubleshooting: 1, error_pct: 1, backlog_age_ms: 1_000 };

const written = (ms: number | null | undefined) => (ms ? writeDuration(ms) : '');

export function initialExperiment(from?: Pick<Batch, 'experiment'>): ExperimentValues {
  const { hypothesis, scope_pct, stop_conditions, turbulence } = experimentOf(from?.experiment);
  const every = TURBULENCE_KINDS.map((kind) => [kind, written(turbulence?.[`${kind}_every_ms`])]);
  return {
    hypothesis: hypothesis ?? '',
    scope_pct: scope_pct ?? 100,
    stop_conditions: (stop_conditions ?? []).map(({ metric, above, action = 'abort' }, key) => ({
      key,
      metric,
      above: above / SCALE[metric],
      action,
    })),
    turbulence: Object.fromEntries(every),
    pause: written(turbulence?.pause_ms),
    lasting: written(turbulence?.for_ms),
  };
}

/** The row that is added next. */
export function nextStopRow(rows: readonly StopRow[]): StopRow {
  const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
  return { key, metric: 'in_troubleshooting', above: 100, action: 'abort' };
}

/** The document of valid values; null when it asks for nothing. */
export function toExperiment(values: ExperimentValues): Record<string, unknown> | null {
  const { hypothesis, scope_pct, stop_conditions } = values;
  const scope = numberOf(scope_pct) ?? 100;
  const conditions = stop_conditions.map(({ metric, above, action }) => ({
    metric,
    above: (numberOf(above) ?? 0) * SCALE[metric],
    action,
  }));
  const experiment = compact({
    hypothesis: hypothesis.trim(),
    scope_pct: scope === 100 ? null : scope,
    stop_conditions: conditions.length > 0 ? conditions : null,
    turbulence: toTurbulence(values),
  });
  return Object.keys(experiment).length === 0 ? null : experiment;
}

function toTurbulence({ turbulence, pause, lasting }: ExperimentValues): Record<string, number> | null {
  const every = compact(
    Object.fromEntries(TURBULENCE_KINDS.map((kind) => [`${kind}_every_ms`, parseDuration(turbulence[kind])])),
  );
  if (Object.keys(every).length === 0) return null;
  const pause_ms = turbulence.pause_postgres.trim() ? parseDuration(pause) : null;
  return compact({ ...every, pause_ms, for_ms: parseDuration(lasting) }) as Record<string, number>;
}

/** By path of the form (`turbulence.kill_worker`), what the server would reject. */
export function validateExperiment(values: ExperimentValues): Record<string, string> {
  const { hypothesis, scope_pct, stop_conditions, turbulence, pause, lasting } = values;
  const scope = numberOf(scope_pct);
  const every = parseDuration(turbulence.pause_postgres);
  const tooLong = every !== null && every <= (parseDuration(pause) ?? DEFAULT_PAUSE_MS);
  const errors: Record<string, string | null | false> = {
    hypothesis: lengthError(hypothesis, 2_000),
    scope_pct: (scope === null || scope < 0 || scope > 100) && 'must be 0 to 100',
    pause: durationError(pause, PAUSE),
    lasting: durationError(lasting, EVERY),
  };
  for (const [index, row] of stop_conditions.entries()) errors[`stop_conditions.${index}.above`] = aboveError(row);
  for (const kind of TURBULENCE_KINDS) errors[`turbulence.${kind}`] = durationError(turbulence[kind], EVERY);
  errors['turbulence.pause_postgres'] ||= tooLong && 'must be longer than the pause itself';
  return compact(errors) as Record<string, string>;
}

function aboveError({ metric, above: value }: StopRow): string | null {
  const above = numberOf(value);
  if (above === null) return 'is needed';
  const max = metric === 'error_pct' ? 100 : MAX_ABOVE / SCALE[metric];
  return above < 0 || above > max ? `must be 0 to ${formatCount(max)}` : null;
}

/** The form's path of a field of the wire (`turbulence.kill_worker_every_ms`); null when there is none. */
export function experimentPath(path: string): string | null {
  const [head = '', second = '', third = ''] = path.split('.');
  if (head === 'hypothesis' || head === 'scope_pct') return head;
  if (head === 'stop_conditions') return third ? `stop_conditions.${second}.above` : null;
  if (head !== 'turbulence') return null;
  if (second === 'pause_ms') return 'pause';
  if (second === 'for_ms') return 'lasting';
  const kind = TURBULENCE_KINDS.find((known) => second === `${known}_every_ms`);
  return kind ? `turbulence.${kind}` : null;
}
