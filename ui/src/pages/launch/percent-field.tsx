// One percentage: a slider for the hand, a number field for the exact figure, always of one mind.

import { Group, NumberInput, Slider, Text } from '@mantine/core';
import type { FaultField } from '../../parts/behavior.ts';
import { FAULT_WORDS } from '../../parts/behavior.ts';
import { humanize } from '../../parts/format.ts';
import { type NumberText, numberOf } from './chaos.ts';
import classes from './launch.module.css';

export interface PercentFieldProps {
  step: string;
  field: FaultField;
  value: NumberText;
  error: string | undefined;
  onChange: (value: NumberText) => void;
}

export function PercentField({ step, field, value, error, onChange }: PercentFieldProps) {
  const words = FAULT_WORDS[field];
  const label = `${humanize(step)}: ${words.label} %`;
  const percent = Math.min(100, Math.max(0, numberOf(value) ?? 0));
  return (
    <div className={classes.percent} data-path={`chaos.${step}.${field}`}>
      <div className={classes.percentWords}>
        <Text size="sm" fw={500}>
          {humanize(words.label)}
        </Text>
        <Text size="xs" c="dimmed">
          {words.effect}
        </Text>
      </div>
      <Group wrap="nowrap" gap="md" align="flex-start" className={classes.percentControls}>
        <Slider
          flex={1}
          mt={9}
          size={5}
          thumbSize={16}
          color={words.color}
          min={0}
          max={100}
          step={1}
          label={null}
          value={percent}
          onChange={onChange}
          thumbLabel={`${label}, slider`}
          thumbValueText={(current) => `${current} percent`}
        />
        <NumberInput
          w={104}
          size="xs"
          aria-label={label}
          value={value}
          onChange={onChange}
          error={error}
          min={0}
          max={100}
          step={1}
          decimalScale={3}
          clampBehavior="none"
          suffix=" %"
          selectAllOnFocus
        />
      </Group>
    </div>
  );
}
