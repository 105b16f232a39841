// The expected shares of a first attempt, as parts of a bar. Pure.
// Faults are tried in a fixed order and the first hit wins, so each takes its share of what the ones before it left.

import { FAULT_FIELDS, FAULT_LABELS, FIRST_ATTEMPTS } from '../behavior.ts';
import { numberOf } from '../form/checks.ts';
import { humanize } from '../format.ts';
import type { StepChaos } from './chaos.ts';

export function firstAttempt(chaos: StepChaos) {
  const bound = (numberOf(chaos.fail_first_attempts) ?? 0) > 0;
  let left = bound ? 0 : 100;
  const faults = FAULT_FIELDS.map((field) => {
    const percent = Math.min(100, Math.max(0, numberOf(chaos[field]) ?? 0));
    const value = (left * percent) / 100;
    left -= value;
    return { ...FAULT_LABELS[field], value };
  });
  return [
    { fault: 'success', short: 'success', color: 'teal', value: left },
    { ...FIRST_ATTEMPTS, value: bound ? 100 : 0 },
    ...faults,
  ].map(({ fault, short, color, value }) => ({ key: fault, label: humanize(short), value, color }));
}
