// How many of something: a slider over five orders of magnitude, and a number field for the exact figure.

import { NumberInput, Slider } from '@mantine/core';
import type { ReactNode } from 'react';
import { type NumberText, numberOf } from '../chaos/chaos.ts';
import { formatCount, formatShortCount } from '../format.ts';
import classes from './form.module.css';

export interface CountFieldProps {
  /** What is counted: "Processes". */
  label: string;
  max: number;
  value: NumberText;
  error?: ReactNode;
  onChange: (value: NumberText) => void;
  onBlur?: () => void;
}

export function CountField({ label, max, value, error, onChange, onBlur }: CountFieldProps) {
  const top = Math.log10(max);
  const count = Math.min(max, Math.max(1, numberOf(value) ?? 1));
  const marks = [0, 1, 2, 3, 4, 5].filter((power) => power <= top);
  return (
    <div className={classes.count} data-path="count">
      <NumberInput
        label={label}
        description={`1 to ${formatCount(max)}`}
        size="sm"
        w={150}
        withAsterisk
        value={value}
        error={error}
        onChange={onChange}
        onBlur={onBlur}
        allowDecimal={false}
        clampBehavior="none"
        min={1}
        max={max}
        thousandSeparator=","
      />
      <Slider
        className={classes.countSlider}
        classNames={{ markLabel: classes.markLabel }}
        size={5}
        thumbSize={16}
        min={0}
        max={top}
        step={0.01}
        scale={(power) => roundCount(10 ** power, max)}
        value={Math.log10(count)}
        onChange={(power) => onChange(roundCount(10 ** power, max))}
        label={formatCount}
        thumbLabel={`${label}, slider`}
        thumbValueText={(scaled) => `${formatCount(scaled)} ${label.toLowerCase()}`}
        marks={marks.map((power) => ({ value: power, label: formatShortCount(10 ** power) }))}
      />
    </div>
  );
}

/** Two digits that say something: 1,234 -> 1,200. */
function roundCount(count: number, max: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.min(max, Math.max(1, Math.round(count / unit) * unit));
}
