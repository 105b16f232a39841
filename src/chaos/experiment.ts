// An experiment: the hypothesis of a batch, and the scope and limits of its chaos. Validated once, on entry.
// Unknown fields and out-of-range values are rejected with their path.

import { z } from 'zod';
import { textProblem } from '../model/storable.ts';
import { hits, roll } from './roll.ts';

export const STOP_METRICS = ['in_troubleshooting', 'error_pct', 'backlog_age_ms'] as const;
export type StopMetric = (typeof STOP_METRICS)[number];
/** `abort` stops injection and turbulence of the batch; `mark` only records that the condition was met. */
export const STOP_ACTIONS = ['abort', 'mark'] as const;

const stopConditionSchema = z
  .strictObject({
    metric: z.enum(STOP_METRICS),
    /**
     * The condition is met if the metric is greater: a number of processes, percent of the attempts of the last 10 s,
     * or ms.
     */
    above: z.number().min(0).max(1_000_000_000),
    action: z.enum(STOP_ACTIONS).default('abort'),
  })
  .refine(({ metric, above }) => metric !== 'error_pct' || above <= 100, {
    path: ['above'],
    error: 'must be at most 100 percent',
  });
export type StopCondition = z.infer<typeof stopConditionSchema>;

export const TURBULENCE_KINDS = ['kill_worker', 'restart_postgres', 'terminate_backends', 'pause_postgres'] as const;
export type TurbulenceKind = (typeof TURBULENCE_KINDS)[number];

/** From a second to a day. */
const every = z.number().int().min(1_000).max(86_400_000).nullish();
export const turbulenceSchema = z
  .strictObject({
    /** Intervals while the batch is open. The first occurrence is after one interval. */
    kill_worker_every_ms: every,
    restart_postgres_every_ms: every,
    terminate_backends_every_ms: every,
    pause_postgres_every_ms: every,
    /** The length of a pause (2,000). */
    pause_ms: z.number().int().min(100).max(60_000).nullish(),
    /** Turbulence ends this long after the launch. */
    for_ms: z.number().int().min(1_000).max(86_400_000).nullish(),
  })
  .refine(
    ({ pause_postgres_every_ms, pause_ms }) =>
      pause_postgres_every_ms == null || pause_postgres_every_ms > (pause_ms ?? DEFAULT_PAUSE_MS),
    { path: ['pause_postgres_every_ms'], error: 'must be longer than the pause itself' },
  );
export type Turbulence = z.infer<typeof turbulenceSchema>;
export const DEFAULT_PAUSE_MS = 2_000;

const hypothesis = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .superRefine((value, context) => {
    const message = textProblem(value);
    if (message) context.addIssue({ code: 'custom', message });
  });

export const experimentSchema = z.strictObject({
  /** The expectation that the experiment tests. */
  hypothesis: hypothesis.nullish(),
  /** The percentage of processes, chosen by roll, that chaos affects (100). */
  scope_pct: z.number().min(0).max(100).nullish(),
  stop_conditions: z.array(stopConditionSchema).max(10).nullish(),
  turbulence: turbulenceSchema.nullish(),
  /** The batch, or its process, that this batch reruns. */
  rerun_of: z.strictObject({ batch_id: z.guid(), process_id: z.guid().nullish() }).nullish(),
});
export type Experiment = z.infer<typeof experimentSchema>;

/** The experiment without empty fields; null if nothing is left. */
export function compactExperiment(experiment: Experiment | null | undefined): Experiment | null {
  const { turbulence, stop_conditions, ...rest } = experiment ?? {};
  const fields = Object.entries(turbulence ?? {}).filter(([, value]) => value != null);
  const given = Object.entries({
    ...rest,
    stop_conditions: stop_conditions?.length ? stop_conditions : null,
    turbulence: fields.some(([key]) => key.endsWith('_every_ms')) ? Object.fromEntries(fields) : null,
  }).filter(([, value]) => value != null);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/**
 * Whether chaos may touch the process at `ordinal`: `roll(seed, ordinal, "process", 1, "scope") * 100 < scope_pct`.
 * A wider scope keeps every process of a narrower one.
 */
export function inScope(scope_pct: number | null | undefined, seed: string, ordinal: number): boolean {
  const percent = scope_pct ?? 100;
  return percent >= 100 || (percent > 0 && hits(percent, roll(seed, ordinal, 'process', 1, 'scope')));
}
