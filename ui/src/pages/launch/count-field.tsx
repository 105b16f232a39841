// How many processes: a slider over five orders of magnitude, and a number field for the exact figure.

import { NumberInput, Slider } from '@mantine/core';
import { numberOf } from '../../parts/chaos/chaos.ts';
import { formatCount, formatShortCount } from '../../parts/format.ts';
import type { LaunchForm } from './chaos-panel.tsx';
import classes from './launch.module.css';

export function CountField({ form, max }: { form: LaunchForm; max: number }) {
  const { value, error, onChange, onBlur } = form.getInputProps('count');
  const top = Math.log10(max);
  const count = Math.min(max, Math.max(1, numberOf(value) ?? 1));
  const marks = [0, 1, 2, 3, 4, 5].filter((power) => power <= top);
  return (
    <div className={classes.count} data-path="count">
      <NumberInput
        label="Processes"
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
        onChange={(power) => form.setFieldValue('count', roundCount(10 ** power, max))}
        label={formatCount}
        thumbLabel="Processes, slider"
        thumbValueText={(scaled) => `${formatCount(scaled)} processes`}
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
