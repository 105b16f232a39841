// Observed against predicted: every figure in its place, and a difference marked only where there must be none.

import { describe, expect, test } from 'vitest';
import type { AttemptCounts } from '../../src/http/contract.ts';
import {
  compareEndings,
  compareStep,
  momentOf,
  observedEndings,
  predictedFaults,
} from '../../ui/src/parts/experiment/prediction.ts';

const observed: AttemptCounts = {
  attempts: 30,
  success: 12,
  transient: 7,
  permanent: 1,
  business_rule: 2,
  timeout: 6,
  interrupted: 2,
  injected: { transient: 5, connection_lost: 2, permanent: 1, business_rule: 2, timeout: 3, crash: 1, duplicate: 4 },
};
const predicted: AttemptCounts = { ...observed, attempts: 27 };

describe('predictedFaults', () => {
  test('orders faults as they are tried, unknown ones last', () => {
    expect(predictedFaults(observed)).toBe(
      '1 permanent, 5 transient, 2 business rule, 3 timeout, 1 crash, 2 connection lost, 4 duplicate',
    );
    expect(predictedFaults({ injected: { gamma_ray: 1, lost_ack: 2, first_attempts: 3, timeout: 0 } })).toBe(
      '3 first-attempt failure, 2 lost acknowledgement, 1 gamma ray',
    );
  });
});

describe('the comparison', () => {
  test('marks differences when both must be equal', () => {
    const rows = compareStep(predicted, observed, true);
    expect(rows.filter(({ differs }) => differs).map(({ key }) => key)).toEqual(['attempts']);
    expect(rows.map(({ key }) => key)).toEqual([
      'attempts',
      'success',
      'transient',
      'permanent',
      'business_rule',
      'timeout',
      'interrupted',
      'injected_permanent',
      'injected_transient',
      'injected_business_rule',
      'injected_timeout',
      'injected_crash',
      'injected_connection_lost',
      'injected_duplicate',
    ]);
  });

  test('marks nothing while the batch runs, or without a prediction', () => {
    const differing = (rows: { differs: boolean }[]) => rows.some(({ differs }) => differs);
    expect(differing(compareStep(predicted, observed, false))).toBe(false);
    const rows = compareStep(null, observed, true);
    expect(differing(rows)).toBe(false);
    expect(rows.every(({ predicted }) => predicted === null)).toBe(true);
  });

  test('includes a predicted fault that never fired', () => {
    const quiet = { ...observed, injected: {} };
    expect(compareStep(predicted, quiet, true).find(({ key }) => key === 'injected_crash')).toMatchObject({
      predicted: 1,
      observed: 0,
      differs: true,
    });
  });

  test('endings come from the counts of the batch', () => {
    const counts = { completed_count: 5, compensated_count: 3, failed_count: 0, in_troubleshooting_count: 2 };
    const endings = observedEndings(counts);
    const expected = { completed: 5, compensated: 2, failed: 0, in_troubleshooting: 3 };
    expect(compareEndings(expected, endings, true).map(({ key, differs }) => [key, differs])).toEqual([
      ['completed', false],
      ['compensated', true],
      ['failed', false],
      ['in_troubleshooting', true],
    ]);
  });
});

test('the moment of a batch changes when a process moves at rest, and not while it runs', () => {
  const batch = {
    status: 'AT_REST' as const,
    completed_count: 5,
    compensated_count: 0,
    failed_count: 0,
    canceled_count: 0,
    in_troubleshooting_count: 2,
  };
  expect(momentOf({ ...batch, canceled_count: 1, in_troubleshooting_count: 1 })).not.toBe(momentOf(batch));
  expect(momentOf({ ...batch, status: 'RUNNING', completed_count: 6 })).toBe(momentOf({ ...batch, status: 'RUNNING' }));
});
