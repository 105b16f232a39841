// One percentage: a slider for the hand, a number field for the exact figure, always of one mind.

import { Group, NumberInput, Slider, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { FAULT_LABELS, type FaultField } from '../behavior.ts';
import { humanize } from '../format.ts';
import classes from './chaos.module.css';
import { type NumberText, numberOf } from './chaos.ts';

export interface PercentFieldProps {
  step: string;
  /** Where it stands in the form. */
  path: string;
  field: FaultField;
  value: NumberText;
  error: ReactNode;
  onChange: (value: NumberText) => void;
}

export function PercentField({ step, path, field, value, error, onChange }: PercentFieldProps) {
  const words = FAULT_LABELS[field];
  const label = `${humanize(step)}: ${words.label} %`;
  const percent = Math.min(100, Math.max(0, numberOf(value) ?? 0));
  return (
    <div className={classes.percent} data-path={path}>
      <div className={classes.percentLabels}>
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
