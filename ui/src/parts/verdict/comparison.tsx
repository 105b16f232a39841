// What was predicted beside what was observed: endings as two bars and a table, then each step with its faults. Differences are marked.

import { Stack, Text } from '@mantine/core';
import type { AttemptCounts } from '../../../../src/http/contract.ts';
import { type Compared, compareEndings, compareStep, type Endings, endingParts } from '../experiment/prediction.ts';
import { formatCount, humanize } from '../format.ts';
import { Legend, StackedBar } from '../stacked-bar.tsx';
import classes from './verdict.module.css';

export interface ComparisonProps {
  /** Null where nothing was predicted. */
  predicted: { expected: Endings; exact: boolean } | null;
  observed: Endings;
  total: number;
  steps: readonly { step: string; predicted: AttemptCounts | null; observed: AttemptCounts }[];
  /** The batch still runs: how far apart the two are says nothing yet. */
  growing: boolean;
  /** Nothing came between and the batch is still: what differs is wrong. */
  must: boolean;
  /** Why it cannot be compared, or why nothing was predicted. */
  note: string | null;
}

export function Comparison({ predicted, observed, total, steps, growing, must, note }: ComparisonProps) {
  return (
    <Stack gap="md" data-testid="comparison">
      {note && (
        <Text size="sm" c="dimmed" data-testid="predicted-note">
          {note}
        </Text>
      )}
      <div>
        <div className={classes.bars}>
          {predicted && (
            <>
              <span>{predicted.exact ? 'Foretold' : 'Expected'}</span>
              <StackedBar parts={endingParts(predicted.expected)} total={total} label="Foretold" size={14} />
            </>
          )}
          <span>Observed</span>
          <StackedBar parts={endingParts(observed)} total={total} label="Observed" size={14} />
        </div>
        <Legend parts={endingParts(observed)} hideZero />
      </div>
      <div className={classes.tables}>
        <ComparedTable
          caption="Endings"
          rows={compareEndings(predicted?.expected ?? null, observed, must)}
          growing={growing}
          testId="compared-endings"
        />
        {steps.map((step) => (
          <ComparedTable
            key={step.step}
            caption={humanize(step.step)}
            rows={compareStep(step.predicted, step.observed, must)}
            growing={growing}
            testId={`compared-${step.step}`}
          />
        ))}
      </div>
    </Stack>
  );
}

interface ComparedTableProps {
  caption: string;
  rows: Compared[];
  growing: boolean;
  testId: string;
}

function ComparedTable({ caption, rows, growing, testId }: ComparedTableProps) {
  return (
    <table className={classes.compared} data-testid={testId}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span hidden>What</span>
          </th>
          <th scope="col">Foretold</th>
          <th scope="col">Observed</th>
          <th scope="col">Apart</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.key}
            data-key={row.key}
            data-differs={row.differs || undefined}
            data-injected={row.key.startsWith('injected_') || undefined}
          >
            <th scope="row">{row.label}</th>
            <td>{row.predicted === null ? '–' : formatCount(row.predicted)}</td>
            <td>{formatCount(row.observed)}</td>
            <td>{growing ? '–' : differenceLabel(row)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function differenceLabel({ predicted, observed }: Compared): string {
  if (predicted === null) return '–';
  const apart = observed - predicted;
  if (apart === 0) return '0';
  return `${apart > 0 ? '+' : '−'}${formatCount(Math.abs(apart))}`;
}
