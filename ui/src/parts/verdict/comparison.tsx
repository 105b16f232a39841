// What was foretold beside what was observed: endings as two bars and a table, then each step with its faults. Differences are marked.

import { Stack, Text } from '@mantine/core';
import type { ForetoldStep } from '../../../../src/http/contract.ts';
import { type Compared, compareEndings, compareStep, type Endings, endingParts } from '../experiment/foretold.ts';
import { formatCount, formatRate, humanize } from '../format.ts';
import { Legend, StackedBar } from '../stacked-bar.tsx';
import classes from './verdict.module.css';

export interface ComparisonProps {
  /** Null where nothing was foretold. */
  foretold: { expected: Endings; exact: boolean } | null;
  observed: Endings;
  total: number;
  steps: readonly { step: string; foretold: ForetoldStep | null; observed: ForetoldStep }[];
  /** The batch still runs: how far apart the two are says nothing yet. */
  growing: boolean;
  /** Nothing came between and the batch is still: what differs is wrong. */
  must: boolean;
  /** Why it cannot be compared, or why nothing was foretold. */
  note: string | null;
}

export function Comparison({ foretold, observed, total, steps, growing, must, note }: ComparisonProps) {
  return (
    <Stack gap="md" data-testid="comparison">
      {note && (
        <Text size="sm" c="dimmed" data-testid="predicted-note">
          {note}
        </Text>
      )}
      <div>
        <div className={classes.bars}>
          {foretold && (
            <>
              <span>{foretold.exact ? 'Foretold' : 'Expected'}</span>
              <StackedBar parts={endingParts(foretold.expected)} total={total} label="Foretold" size={14} />
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
          rows={compareEndings(foretold?.expected ?? null, observed, must)}
          growing={growing}
          testId="compared-endings"
        />
        {steps.map((step) => (
          <ComparedTable
            key={step.step}
            caption={humanize(step.step)}
            rows={compareStep(step.foretold, step.observed, must)}
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
            <td>{row.foretold === null ? '–' : formatForetold(row.foretold)}</td>
            <td>{formatCount(row.observed)}</td>
            <td>{growing ? '–' : apartWords(row)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function formatForetold(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatRate(value);
}

function apartWords({ foretold, observed }: Compared): string {
  if (foretold === null) return '–';
  const apart = observed - foretold;
  if (Math.abs(apart) < 0.05) return '0';
  return `${apart > 0 ? '+' : '−'}${formatForetold(Math.abs(apart))}`;
}
