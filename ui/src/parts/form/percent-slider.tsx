// A percentage: a slider and a number field with the same value.

import { Group, NumberInput, Slider } from '@mantine/core';
import type { ReactNode } from 'react';
import { type NumberText, numberOf } from './checks.ts';

export interface PercentSliderProps {
  /** For screen readers: both controls are named by it. */
  label: string;
  color?: string;
  value?: NumberText;
  error?: ReactNode;
  onChange: (value: NumberText) => void;
}

export function PercentSlider({ label, color, value = 0, onChange, ...field }: PercentSliderProps) {
  return (
    <Group wrap="nowrap" align="flex-start">
      <Slider
        flex={1}
        mt={9}
        size={5}
        thumbSize={16}
        color={color}
        label={null}
        value={Math.min(100, Math.max(0, numberOf(value) ?? 0))}
        onChange={onChange}
        thumbLabel={`${label}, slider`}
        thumbValueText={(percent) => `${percent} percent`}
      />
      <NumberInput
        {...field}
        w={104}
        size="xs"
        aria-label={label}
        value={value}
        onChange={onChange}
        min={0}
        max={100}
        allowDecimal
        decimalScale={3}
        suffix=" %"
        selectAllOnFocus
      />
    </Group>
  );
}
