// Labels of experiments and faults, and the conversion of step panels to a document and back.

import { describe, expect, test } from 'vitest';
import { TURBULENCE_KINDS as KINDS, STOP_ACTIONS, STOP_METRICS } from '../../src/chaos/experiment.ts';
import { describeBehavior, faultLabel } from '../../ui/src/parts/behavior.ts';
import { NO_CHAOS } from '../../ui/src/parts/chaos/chaos.ts';
import { chaosOf, faultySteps, validateSteps, withSteps } from '../../ui/src/parts/chaos/steps.ts';
import {
  describeTurbulence,
  STOP_ACTIONS as SHOWN_ACTIONS,
  STOP_LABELS,
  stopLabel,
  TURBULENCE_KINDS,
  turbulenceLabel,
} from '../../ui/src/parts/experiment/experiment.ts';

const type = {
  steps: [
    { key: 'query', command: 'Query', compensated: true },
    { key: 'render', command: 'Render', compensated: false },
  ],
};

test('the page lists every metric, action and kind of turbulence of the service', () => {
  expect(Object.keys(STOP_LABELS)).toEqual([...STOP_METRICS]);
  expect(Object.keys(SHOWN_ACTIONS)).toEqual([...STOP_ACTIONS]);
  expect(TURBULENCE_KINDS).toEqual(KINDS);
});

describe('labels', () => {
  test('stop conditions and turbulence', () => {
    expect(stopLabel('in_troubleshooting', 1_000)).toBe('in troubleshooting above 1,000 processes');
    expect(stopLabel('error_pct', 12.5)).toBe('attempts that fail above 12.5 %');
    expect(stopLabel('backlog_age_ms', 90_000)).toBe('age of the backlog above 1 min 30 s');
    expect(stopLabel('moon_phase', 2)).toBe('moon_phase above 2');
    expect(
      describeTurbulence({ kill_worker_every_ms: 5_000, pause_postgres_every_ms: 60_000, pause_ms: 1_500 }),
    ).toEqual(['Kill a worker every 5 s', 'Pause PostgreSQL for 1.5 s every 1 min']);
    expect(turbulenceLabel('set_fire')).toBe('set fire');
  });

  test('behaviors and faults', () => {
    expect(
      describeBehavior({
        fail_first_attempts: 2,
        lost_ack_pct: 1,
        min_duration_ms: 10,
        max_duration_ms: 20,
        duration_shape: 'uniform',
        delay_failures: true,
      }),
    ).toEqual([
      'first 2 attempts fail',
      '1 % lost acknowledgement',
      '10 ms to 20 ms delay, evenly spread, of failures too',
    ]);
    expect(describeBehavior({ min_duration_ms: 10, duration_shape: 'lognormal' })).toEqual(['10 ms delay']);
    expect(describeBehavior({ max_duration_ms: 100 })).toEqual(['up to 100 ms']);
    expect(['crash', 'connection_lost', 'first_attempts', 'duration'].map(faultLabel)).toEqual([
      'crash',
      'connection lost',
      'first-attempt failure',
      'duration',
    ]);
  });
});

describe('the panels of all steps', () => {
  test('keeps the behavior of steps without a panel', () => {
    const document = { query: { timeout_pct: 5 }, elsewhere: { crash_pct: 1 } };
    const chaos = { ...chaosOf(type, document), query: NO_CHAOS };
    expect(withSteps(type, document, chaos)).toEqual({ elsewhere: { crash_pct: 1 } });
  });

  test('a dot in the key of a step begins no field of the form', () => {
    const dotted = { steps: [{ key: 'send.mail', command: 'SendMail', compensated: false }] };
    const document = { 'send.mail': { timeout_pct: 5 } };
    const chaos = chaosOf(dotted, document);
    expect(withSteps(dotted, {}, chaos)).toEqual(document);
    const [field = ''] = Object.keys(chaos);
    const errors = validateSteps(dotted, { [field]: { ...NO_CHAOS, duplicate_pct: 101 } });
    expect(Object.keys(errors).map((path) => path.split('.').length)).toEqual([3]);
    expect(faultySteps(dotted, errors)).toEqual(['send.mail']);
  });

  test('finds the steps with errors', () => {
    const chaos = { ...chaosOf(type, null), render: { ...NO_CHAOS, duplicate_pct: 101 } };
    const errors = validateSteps(type, chaos);
    expect(errors).toEqual({ 'chaos.render.duplicate_pct': 'must be 0 to 100' });
    expect(faultySteps(type, errors)).toEqual(['render']);
  });
});
