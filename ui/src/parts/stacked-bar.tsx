// A whole in parts, as one bar, and the legend with its figures.

import { Group, Progress, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatCount } from './format.ts';
import classes from './parts.module.css';

export interface BarPart {
  key: string;
  label: string;
  value: number;
  color: string;
  /** Injected by chaos. */
  striped?: boolean;
}

export interface StackedBarProps {
  parts: readonly BarPart[];
  /** The length of the bar; the rest stays empty. */
  total: number;
  label: string;
  size?: number;
  format?: (value: number) => string;
}

export function StackedBar({ parts, total, label, size = 12, format = formatCount }: StackedBarProps) {
  const shown = parts.filter((part) => part.value > 0);
  const text = shown.map((part) => `${part.label} ${format(part.value)}`).join(', ');
  return (
    <Progress.Root size={size} role="img" aria-label={`${label}: ${text || 'nothing yet'}`} transitionDuration={200}>
      {shown.map((part) => (
        <Tooltip key={part.key} label={`${part.label}: ${format(part.value)}`} withArrow>
          <Progress.Section
            withAria={false}
            value={total > 0 ? (part.value / total) * 100 : 0}
            color={part.color}
            className={part.striped ? classes.striped : undefined}
          />
        </Tooltip>
      ))}
    </Progress.Root>
  );
}

export interface LegendProps {
  parts: readonly BarPart[];
  format?: (value: number) => string;
  /** Leaves out empty parts. */
  hideZero?: boolean;
  /** Makes a figure a link. */
  wrap?: (part: BarPart, content: ReactNode) => ReactNode;
  testId?: string;
}

export function Legend({ parts, format = formatCount, hideZero, wrap, testId }: LegendProps) {
  const shown = hideZero ? parts.filter((part) => part.value > 0) : parts;
  return (
    <Group component="ul" gap="0.25rem 1rem" m={0} p={0} fz="xs" data-testid={testId}>
      {shown.map((part) => {
        const content = (
          <>
            <b style={{ fontWeight: 600 }}>{format(part.value)}</b> {part.label.toLowerCase()}
          </>
        );
        return (
          <Group key={part.key} component="li" gap="0.375rem" wrap="nowrap" data-part={part.key}>
            <Swatch color={part.color} striped={part.striped} />
            <span>{wrap ? wrap(part, content) : content}</span>
          </Group>
        );
      })}
    </Group>
  );
}

export function Swatch({ color, striped }: { color: string; striped?: boolean | undefined }) {
  return (
    <span
      aria-hidden
      className={striped ? `${classes.swatch} ${classes.striped}` : classes.swatch}
      style={{
        backgroundColor: `var(--mantine-color-${color.replace('.', '-')}${color.includes('.') ? '' : '-filled'})`,
      }}
    />
  );
}
