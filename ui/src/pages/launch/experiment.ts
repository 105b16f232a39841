// The experiment of a launch as the form holds it: hypothesis, scope, stop conditions, turbulence; to a document and back. Pure.
// Promises the server's own limits, and nothing in the request for what was left as it was.

import type { Batch } from '../../../../src/http/contract.ts';
import { type NumberText, numberOf } from '../../parts/chaos/chaos.ts';
import type { StopAction, StopMetric, TurbulenceKind } from '../../parts/experiment/experiment.ts';
import { experimentOf, TURBULENCE_KINDS } from '../../parts/experiment/experiment.ts';
import { formatCount, formatDuration, parseDuration, writeDuration } from '../../parts/format.ts';

export interface StopRow {
  /** Tells rows apart while they come and go. */
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
  /** How often, such as "30 s"; empty for never. */
  turbulence: Record<TurbulenceKind, string>;
  /** How long a pause of PostgreSQL lasts, and how long the turbulence goes on; empty for the defaults. */
  pause: string;
  lasting: string;
}

export const MAX_STOP_CONDITIONS = 10;
const MAX_HYPOTHESIS = 2_000;
const MAX_ABOVE = 1_000_000_000;
const DAY_MS = 86_400_000;
const DEFAULT_PAUSE_MS = 2_000;
/** Of a metric in ms the form shows seconds. */
const SCALE: Record<StopMetric, number> = { in_troubleshooting: 1, error_pct: 1, backlog_age_ms: 1_000 };

export function initialExperiment(from?: Pick<Batch, 'experiment'>): ExperimentValues {
  const experiment = experimentOf(from?.experiment);
  const { pause_ms, for_ms, ...every } = experiment.turbulence ?? {};
  const often = (kind: TurbulenceKind) =>
    every[`${kind}_every_ms`] ? writeDuration(every[`${kind}_every_ms`] ?? 0) : '';
  return {
    hypothesis: experiment.hypothesis ?? '',
    scope_pct: experiment.scope_pct ?? 100,
    stop_conditions: (experiment.stop_conditions ?? []).map(({ metric, above, action }, key) => ({
      key,
      metric,
      above: above / SCALE[metric],
      action: action ?? 'abort',
    })),
    turbulence: Object.fromEntries(TURBULENCE_KINDS.map((kind) => [kind, often(kind)])) as Record<
      TurbulenceKind,
      string
    >,
    pause: pause_ms ? writeDuration(pause_ms) : '',
    lasting: for_ms ? writeDuration(for_ms) : '',
  };
}

/** The row that is added next. */
export function nextStopRow(rows: readonly StopRow[]): StopRow {
  const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
  return { key, metric: 'in_troubleshooting', above: 100, action: 'abort' };
}

/** The document of valid values; null where it asks for nothing. */
export function toExperiment(values: ExperimentValues): Record<string, unknown> | null {
  const hypothesis = values.hypothesis.trim();
  const scope = numberOf(values.scope_pct) ?? 100;
  const turbulence = toTurbulence(values);
  const experiment = {
    ...(hypothesis && { hypothesis }),
    ...(scope !== 100 && { scope_pct: scope }),
    ...(values.stop_conditions.length > 0 && {
      stop_conditions: values.stop_conditions.map(({ metric, above, action }) => ({
        metric,
        above: (numberOf(above) ?? 0) * SCALE[metric],
        action,
      })),
    }),
    ...(turbulence && { turbulence }),
  };
  return Object.keys(experiment).length === 0 ? null : experiment;
}

function toTurbulence({ turbulence, pause, lasting }: ExperimentValues): Record<string, number> | null {
  const every = TURBULENCE_KINDS.filter((kind) => turbulence[kind].trim()).map(
    (kind) => [`${kind}_every_ms`, parseDuration(turbulence[kind]) ?? 0] as const,
  );
  if (every.length === 0) return null;
  const pauses = turbulence.pause_postgres.trim() && pause.trim();
  return {
    ...Object.fromEntries(every),
    ...(pauses && { pause_ms: parseDuration(pause) ?? 0 }),
    ...(lasting.trim() && { for_ms: parseDuration(lasting) ?? 0 }),
  };
}

/** By path of the form (`turbulence.kill_worker`), what the server would refuse. */
export function validateExperiment(values: ExperimentValues): Record<string, string> {
  const errors: Record<string, string> = {};
  const check = (path: string, error: string | null) => {
    if (error) errors[path] = error;
  };
  check('hypothesis', values.hypothesis.length > MAX_HYPOTHESIS ? 'must have at most 2,000 characters' : null);
  const scope = numberOf(values.scope_pct);
  check('scope_pct', scope === null || scope < 0 || scope > 100 ? 'must be 0 to 100' : null);
  for (const [index, { metric, above }] of values.stop_conditions.entries()) {
    check(`stop_conditions.${index}.above`, aboveError(metric, above));
  }
  for (const kind of TURBULENCE_KINDS) {
    check(`turbulence.${kind}`, durationError(values.turbulence[kind], 1_000, DAY_MS));
  }
  check('pause', durationError(values.pause, 100, 60_000));
  check('lasting', durationError(values.lasting, 1_000, DAY_MS));
  const every = parseDuration(values.turbulence.pause_postgres);
  if (every !== null && every <= (parseDuration(values.pause) ?? DEFAULT_PAUSE_MS)) {
    errors['turbulence.pause_postgres'] ??= 'must be longer than the pause itself';
  }
  return errors;
}

function aboveError(metric: StopMetric, value: NumberText): string | null {
  const above = numberOf(value);
  if (above === null) return 'is needed';
  const max = metric === 'error_pct' ? 100 : MAX_ABOVE / SCALE[metric];
  return above < 0 || above > max ? `must be 0 to ${formatCount(max)}` : null;
}

/** Empty is none. */
function durationError(text: string, min: number, max: number): string | null {
  if (!text.trim()) return null;
  const ms = parseDuration(text);
  if (ms === null) return 'must be a duration, such as 30 s or 5 min';
  return ms < min || ms > max ? `must be ${formatDuration(min)} to ${formatDuration(max)}` : null;
}

/** Where a field of the wire (`turbulence.kill_worker_every_ms`) stands in the form; null where there is none. */
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
