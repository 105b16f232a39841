// Compares observed outcomes with predicted ones. Pure.

import type { AttemptCounts, Batch, Preview } from '../../../../src/http/contract.ts';
import { ALL_FAULTS, faultLabel } from '../behavior.ts';
import { formatCount, humanize } from '../format.ts';
import { PROCESS_DISPLAY } from '../status.ts';

export type Endings = Pick<Preview['expected'], 'completed' | 'compensated' | 'failed' | 'in_troubleshooting'>;

const ENDINGS = {
  completed: PROCESS_DISPLAY.COMPLETED,
  compensated: PROCESS_DISPLAY.COMPENSATED,
  failed: PROCESS_DISPLAY.FAILED,
  in_troubleshooting: PROCESS_DISPLAY.WAITING_FOR_TSQ,
} satisfies Record<keyof Endings, unknown>;
const ENDING_KEYS = Object.keys(ENDINGS) as (keyof Endings)[];

type EndedCounts = Pick<Batch, 'completed_count' | 'compensated_count' | 'failed_count' | 'in_troubleshooting_count'>;

/** The processes of a batch that have ended or wait for an operator. */
export function observedEndings(batch: EndedCounts): Endings {
  return {
    completed: batch.completed_count,
    compensated: batch.compensated_count,
    failed: batch.failed_count,
    in_troubleshooting: batch.in_troubleshooting_count,
  };
}

/** The parts of a bar: counts or shares by ending. */
export function endingParts(endings: Endings) {
  return ENDING_KEYS.map((key) => ({
    key,
    label: ENDINGS[key].label,
    value: endings[key],
    color: ENDINGS[key].color,
  }));
}

/** "12 transient, 3 timeout": injected faults in the order in which they are tried. */
export function predictedFaults({ injected }: Pick<AttemptCounts, 'injected'>): string {
  return faultsOf(injected)
    .filter((fault) => (injected[fault] ?? 0) > 0)
    .map((fault) => `${formatCount(injected[fault] ?? 0)} ${faultLabel(fault)}`)
    .join(', ');
}

/** The faults in one or more records, in the order in which they are tried; unknown ones last. */
export function faultsOf(...records: Record<string, number>[]): string[] {
  const named = new Set(records.flatMap((record) => Object.keys(record)));
  const known = ALL_FAULTS.map(({ fault }) => fault).filter((fault) => named.has(fault));
  return [...known, ...[...named].filter((fault) => !known.includes(fault))];
}

/** One figure; `predicted` is null without a prediction. */
export interface Compared {
  key: string;
  label: string;
  predicted: number | null;
  observed: number;
  /** They must be equal, and are not. */
  differs: boolean;
}

function compare(key: string, label: string, predicted: number | null, observed: number, must: boolean): Compared {
  return {
    key,
    label,
    predicted,
    observed,
    differs: must && predicted !== null && predicted !== observed,
  };
}

/** `must`: both must be equal, so that a difference is an error. */
export function compareEndings(predicted: Endings | null, observed: Endings, must: boolean): Compared[] {
  return ENDING_KEYS.map((key) =>
    compare(key, ENDINGS[key].label, predicted ? predicted[key] : null, observed[key], must),
  );
}

const OUTCOMES = ['success', 'transient', 'permanent', 'business_rule', 'timeout', 'interrupted'] as const;
const OUTCOME_LABELS: Record<(typeof OUTCOMES)[number], string> = {
  success: 'Success',
  transient: 'Transient',
  permanent: 'Permanent',
  business_rule: 'Business rule',
  timeout: 'Lease expired, injected',
  interrupted: 'Interrupted',
};

/** Attempts, outcomes, and each fault that occurs in either. */
export function compareStep(predicted: AttemptCounts | null, observed: AttemptCounts, must: boolean): Compared[] {
  const outcomes = OUTCOMES.filter((outcome) => (predicted?.[outcome] ?? 0) > 0 || observed[outcome] > 0);
  const faults = faultsOf(predicted?.injected ?? {}, observed.injected);
  return [
    compare('attempts', 'Attempts', predicted?.attempts ?? null, observed.attempts, must),
    ...outcomes.map((outcome) =>
      compare(outcome, OUTCOME_LABELS[outcome], predicted ? predicted[outcome] : null, observed[outcome], must),
    ),
    ...faults
      .filter((fault) => (predicted?.injected[fault] ?? 0) > 0 || (observed.injected[fault] ?? 0) > 0)
      .map((fault) =>
        compare(
          `injected_${fault}`,
          `Injected: ${humanize(faultLabel(fault)).toLowerCase()}`,
          predicted ? (predicted.injected[fault] ?? 0) : null,
          observed.injected[fault] ?? 0,
          must,
        ),
      ),
  ];
}

/** The status; at rest also the counts, so that the text changes when an operator moves a process. */
export function momentOf(batch: EndedCounts & Pick<Batch, 'status' | 'canceled_count'>): string {
  const { completed, compensated, failed, in_troubleshooting } = observedEndings(batch);
  const counts = [completed, compensated, failed, batch.canceled_count, in_troubleshooting].join('/');
  return batch.status === 'AT_REST' ? `AT_REST ${counts}` : batch.status;
}
