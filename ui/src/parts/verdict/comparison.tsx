// Predicted beside observed: endings as two bars and a table, then each step with its faults. Differences are marked.

import { SimpleGrid, Stack, Table } from '@mantine/core';
import type { AttemptCounts, Report } from '../../../../src/http/contract.ts';
import { type Compared, compareEndings, compareStep, type Endings, endingParts } from '../experiment/prediction.ts';
import { formatCount, humanize } from '../format.ts';
import { Note } from '../panel.tsx';
import { Legend, StackedBar } from '../stacked-bar.tsx';
import classes from './verdict.module.css';

export interface ComparisonProps {
  /** `predicted` is null without a prediction. */
  report: Pick<Report, 'predicted' | 'predicted_note'>;
  observed: Endings;
  total: number;
  steps: readonly { step: string; predicted: AttemptCounts | null; observed: AttemptCounts }[];
  /** The batch has ended or is at rest; before that, a difference says nothing. */
  still: boolean;
}

export function Comparison({ report, observed, total, steps, still }: ComparisonProps) {
  const { predicted, predicted_note } = report;
  // They must be equal if nothing changed the batch since its launch.
  const must = still && predicted_note === null && predicted?.exact === true;
  const note = predicted_note ?? predicted?.note ?? (still ? null : 'Still running: observed counts grow.');
  return (
    <Stack gap="md" data-testid="comparison">
      {note && <Note data-testid="predicted-note">{note}</Note>}
      <div>
        <div className={classes.bars}>
          {predicted && (
            <>
              <span>{predicted.exact ? 'Predicted' : 'Expected'}</span>
              <StackedBar parts={endingParts(predicted.expected)} total={total} label="Predicted" size={14} />
            </>
          )}
          <span>Observed</span>
          <StackedBar parts={endingParts(observed)} total={total} label="Observed" size={14} />
        </div>
        <Legend parts={endingParts(observed)} hideZero />
      </div>
      <SimpleGrid
        minColWidth="20rem"
        autoFlow="auto-fit"
        spacing="xl"
        verticalSpacing="lg"
        style={{ alignItems: 'start' }}
      >
        <ComparedTable
          caption="Endings"
          rows={compareEndings(predicted?.expected ?? null, observed, must)}
          still={still}
          testId="compared-endings"
        />
        {steps.map((step) => (
          <ComparedTable
            key={step.step}
            caption={humanize(step.step)}
            rows={compareStep(step.predicted, step.observed, must)}
            still={still}
            testId={`compared-${step.step}`}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

interface ComparedTableProps {
  caption: string;
  rows: Compared[];
  still: boolean;
  testId: string;
}

function ComparedTable({ caption, rows, still, testId }: ComparedTableProps) {
  return (
    <Table
      captionSide="top"
      fz="sm"
      verticalSpacing={3}
      horizontalSpacing={0}
      className={classes.compared}
      data-testid={testId}
    >
      <Table.Caption>{caption}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>
            <span hidden>What</span>
          </Table.Th>
          <Table.Th>Predicted</Table.Th>
          <Table.Th>Observed</Table.Th>
          <Table.Th>Difference</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr
            key={row.key}
            data-key={row.key}
            data-differs={row.differs || undefined}
            data-injected={row.key.startsWith('injected_') || undefined}
          >
            <Table.Th scope="row">{row.label}</Table.Th>
            <Table.Td>{row.predicted === null ? '–' : formatCount(row.predicted)}</Table.Td>
            <Table.Td>{formatCount(row.observed)}</Table.Td>
            <Table.Td>{still ? differenceLabel(row) : '–'}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function differenceLabel({ predicted, observed }: Compared): string {
  if (predicted === null) return '–';
  const difference = observed - predicted;
  if (difference === 0) return '0';
  return `${difference > 0 ? '+' : '−'}${formatCount(Math.abs(difference))}`;
}
