// How commands are tried: attempts, delays between them, and the lease of each.

import { SimpleGrid } from '@mantine/core';
import { LIMITS } from '../../../../src/model/limits.ts';
import { formatDuration } from '../format.ts';
import { numberOf, parseBackoff } from './checks.ts';
import { type AnyForm, fieldsOf } from './fields.tsx';
import type { PolicyValues } from './policy.ts';

export function PolicyFields({ form }: { form: AnyForm & { values: PolicyValues } }) {
  const { text, number } = fieldsOf(form);
  const lease = numberOf(form.values.lease_ms);
  const last = parseBackoff(form.values.backoff)?.at(-1);
  const then = last === undefined ? 'a list of durations' : `then every ${formatDuration(last)}`;
  const leaseHint = lease ? `an attempt has ${formatDuration(lease)}` : 'how long an attempt may take';
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }}>
      {number('max_attempts', 'Attempts', 'before troubleshooting, 1 to 100', LIMITS.max_attempts)}
      {text('backoff', 'Delays between attempts', then, '10 s, 1 min, 5 min')}
      {number('lease_ms', 'Lease (ms)', leaseHint, LIMITS.lease_ms, { step: 500 })}
    </SimpleGrid>
  );
}
