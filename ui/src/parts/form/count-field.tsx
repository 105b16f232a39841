// A count: a slider over five orders of magnitude, and a number field for the exact value.

import { NumberInput, Slider } from '@mantine/core';
import { LIMITS } from '../../../../src/model/limits.ts';
import { formatCount, formatShortCount } from '../format.ts';
import { numberOf } from './checks.ts';
import type { AnyForm } from './fields.tsx';
import classes from './form.module.css';

const { max } = LIMITS.batch_count;
const TOP = Math.log10(max);
const MARKS = [0, 1, 2, 3, 4, 5].filter((power) => power <= TOP);

export interface CountFieldProps {
  form: AnyForm;
  /** What is counted: "Processes". */
  label: string;
}

export function CountField({ form, label }: CountFieldProps) {
  const field = form.getInputProps('count');
  const count = Math.min(max, Math.max(1, numberOf(field.value) ?? 1));
  return (
    <div className={classes.count}>
      <NumberInput
        {...field}
        label={label}
        description={`1 to ${formatCount(max)}`}
        w={150}
        withAsterisk
        {...LIMITS.batch_count}
      />
      <Slider
        className={classes.countSlider}
        styles={{ markLabel: { color: 'var(--mantine-color-dimmed)' } }}
        size={5}
        thumbSize={16}
        max={TOP}
        step={0.01}
        scale={(power) => roundCount(10 ** power)}
        value={Math.log10(count)}
        onChange={(power) => field.onChange(roundCount(10 ** power))}
        label={formatCount}
        thumbLabel={`${label}, slider`}
        thumbValueText={(scaled) => `${formatCount(scaled)} ${label.toLowerCase()}`}
        marks={MARKS.map((power) => ({ value: power, label: formatShortCount(10 ** power) }))}
      />
    </div>
  );
}

/** To two significant digits: 1,234 -> 1,200. */
function roundCount(count: number): number {
  return Math.min(max, Math.max(1, Number(count.toPrecision(2))));
}
