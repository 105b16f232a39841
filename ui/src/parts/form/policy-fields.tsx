// How commands are tried: attempts, delays between them, and the lease of each.

import { NumberInput, SimpleGrid, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { numberOf } from '../chaos/chaos.ts';
import { formatDuration } from '../format.ts';
import { type PolicyValues, parseBackoff } from './policy.ts';

/** The part of a form that it needs, whatever else the form holds. */
type PolicyForm = Pick<UseFormReturnType<PolicyValues>, 'values' | 'getInputProps'>;

export function PolicyFields({ form }: { form: PolicyForm }) {
  const lease = numberOf(form.values.lease_ms);
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
      <NumberInput
        {...form.getInputProps('max_attempts')}
        label="Attempts"
        description="before troubleshooting, 1 to 100"
        min={1}
        max={100}
        allowDecimal={false}
        clampBehavior="none"
        size="sm"
      />
      <TextInput
        {...form.getInputProps('backoff')}
        label="Delays between attempts"
        description={describeBackoff(form.values.backoff)}
        placeholder="10 s, 1 min, 5 min"
        size="sm"
      />
      <NumberInput
        {...form.getInputProps('lease_ms')}
        label="Lease (ms)"
        description={lease ? `an attempt has ${formatDuration(lease)}` : 'how long an attempt may take'}
        min={500}
        max={3_600_000}
        step={500}
        allowDecimal={false}
        clampBehavior="none"
        thousandSeparator=","
        size="sm"
      />
    </SimpleGrid>
  );
}

function describeBackoff(text: string): string {
  const last = parseBackoff(text)?.at(-1);
  return last === undefined ? 'a list of durations' : `then every ${formatDuration(last)}`;
}
