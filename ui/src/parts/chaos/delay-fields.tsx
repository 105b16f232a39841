// How long chaos delays the work: from, to, how it is spread between, and whether failures are delayed too.

import { NumberInput, Select, SimpleGrid, Stack, Switch } from '@mantine/core';
import { formatDuration, humanize } from '../format.ts';
import { type ChaosFieldsProps, type DurationShape, numberOf } from './chaos.ts';

const SHAPES: { value: DurationShape; label: string }[] = [
  { value: 'normal', label: 'Normal: mostly in the middle' },
  { value: 'uniform', label: 'Uniform: each as likely' },
  { value: 'lognormal', label: 'Log-normal: a few much longer' },
  { value: 'fixed', label: 'Fixed: always the same' },
];

export function DelayFields({ step, path, chaos, errors, onChange, onLeave }: ChaosFieldsProps) {
  const name = humanize(step);
  const bound = (field: 'min_duration_ms' | 'max_duration_ms', word: string) => {
    const ms = numberOf(chaos[field]);
    return (
      <NumberInput
        value={chaos[field]}
        error={errors[`${path}.${field}`]}
        onChange={(value) => onChange(field, value)}
        onBlur={() => onLeave(field)}
        label={`${name}: ${word} delay (ms)`}
        description={ms ? formatDuration(ms) : 'none'}
        placeholder="0"
        min={0}
        step={100}
        allowDecimal={false}
        clampBehavior="none"
        thousandSeparator=","
        size="sm"
        data-path={`${path}.${field}`}
      />
    );
  };
  const delayed = Boolean(numberOf(chaos.min_duration_ms) || numberOf(chaos.max_duration_ms));
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        {bound('min_duration_ms', 'shortest')}
        {bound('max_duration_ms', 'longest')}
      </SimpleGrid>
      {delayed && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" style={{ alignItems: 'end' }}>
          <Select
            label={`${name}: spread of delays`}
            data={SHAPES}
            value={chaos.duration_shape}
            error={errors[`${path}.duration_shape`]}
            onChange={(value) => onChange('duration_shape', value ?? 'normal')}
            allowDeselect={false}
            size="sm"
            data-path={`${path}.duration_shape`}
          />
          <Switch
            checked={chaos.delay_failures}
            onChange={(event) => onChange('delay_failures', event.currentTarget.checked)}
            label={`${name}: injected failures come late, too`}
            size="sm"
            mb={6}
            data-path={`${path}.delay_failures`}
          />
        </SimpleGrid>
      )}
    </Stack>
  );
}
