// What is predicted: the closed form of a whole process as one drags, and beneath it the exact count of this very launch.
// Promises to say which is which, and to show no figure of another form than the one that stands there.

import { Badge, Button, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { Preview } from '../../../../src/http/contract.ts';
import type { LaunchRequest } from '../../api/batches.ts';
import { problemFrom } from '../../api/client.ts';
import { previewQuery } from '../../api/verdicts.ts';
import { NO_CHAOS, numberOf } from '../../parts/chaos/chaos.ts';
import { expectedProcess } from '../../parts/chaos/whole-process.ts';
import { endingParts, predictedFaults } from '../../parts/experiment/prediction.ts';
import { formatCount, formatPercent, formatRate, humanize, pluralize } from '../../parts/format.ts';
import { Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import type { LaunchContext } from './form.ts';
import classes from './launch.module.css';
import type { LaunchForm } from './use-launch-form.ts';

const DEBOUNCE_MS = 400;

/** Moves while one drags: nothing is asked. */
export function ClosedForm({ form, context }: { form: LaunchForm; context: LaunchContext }) {
  const { chaos, max_attempts, experiment } = form.values;
  const steps = context.type.steps.map(({ key, compensated }) => ({
    key,
    compensated,
    chaos: chaos[key] ?? NO_CHAOS,
  }));
  const expected = expectedProcess(steps, numberOf(max_attempts) ?? 1, numberOf(experiment.scope_pct) ?? 100);
  const parts = endingParts(expected);
  return (
    <section data-testid="closed-form">
      <Title order={2} size="h5">
        A whole process, as expected
      </Title>
      <Text size="xs" c="dimmed" mb={6}>
        Retries included, {formatRate(expected.attempts)} attempts each. For steps in this order.
      </Text>
      <StackedBar parts={parts} total={100} label="A whole process" size={12} format={formatPercent} />
      <div className={classes.legend}>
        <Legend parts={parts} format={formatPercent} hideZero testId="closed-form-legend" />
      </div>
    </section>
  );
}

/** The server's own count, asked for when one stops typing. `request` is null while the form is not valid. */
export function ExactPreview({ request }: { request: LaunchRequest | null }) {
  const [settled] = useDebouncedValue(request, DEBOUNCE_MS, { leading: true });
  const preview = useQuery({ ...previewQuery(settled ?? {}), enabled: settled !== null });
  const stale = preview.isPlaceholderData || JSON.stringify(settled) !== JSON.stringify(request);
  const busy = request !== null && (preview.isFetching || stale);
  return (
    <section data-testid="preview" aria-busy={busy}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Title order={2} size="h5">
          This very launch
        </Title>
        {busy ? (
          <Loader size={14} aria-label="Counting" />
        ) : (
          preview.data && request && <Exactness exact={preview.data.exact} />
        )}
      </Group>
      {request === null ? (
        <Text size="xs" c="dimmed">
          Foretold when the form has no mistake.
        </Text>
      ) : preview.error && !stale ? (
        <PreviewError error={preview.error} onRetry={() => preview.refetch()} />
      ) : preview.data ? (
        <div data-stale={busy || undefined} className={classes.preview}>
          <PreviewFigures preview={preview.data} />
        </div>
      ) : (
        <Text size="xs" c="dimmed">
          Counting what each roll will say…
        </Text>
      )}
    </section>
  );
}

function Exactness({ exact }: { exact: boolean }) {
  return (
    <Badge
      size="sm"
      variant="light"
      color={exact ? 'teal' : 'yellow'}
      title={exact ? 'Every roll was drawn: no estimate' : 'An expectation, not a count'}
    >
      {exact ? 'Exact' : 'Expected'}
    </Badge>
  );
}

function PreviewError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = problemFrom(error);
  const [firstMistake] = problem.errors;
  return (
    <Stack gap={6} align="flex-start" role="alert">
      <Text size="xs" c="red">
        Not predicted. {firstMistake ? `${humanize(firstMistake.path)} ${firstMistake.message}.` : problem.detail} (
        {problem.code})
      </Text>
      <Button size="compact-xs" variant="default" onClick={onRetry}>
        Try again
      </Button>
    </Stack>
  );
}

function PreviewFigures({ preview }: { preview: Preview }) {
  const { expected, steps } = preview;
  const parts = endingParts(expected);
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <Stack gap={8}>
      {preview.note && (
        <Text size="xs" c="dimmed">
          {preview.note}
        </Text>
      )}
      <StackedBar parts={parts} total={total} label="This launch" size={12} />
      <Legend parts={parts} hideZero testId="preview-endings" />
      <ul className={classes.stepsPredicted}>
        {Object.entries(steps).map(([step, predicted]) => (
          <li key={step} data-testid={`preview-${step}`}>
            <div className={classes.splitHead}>
              <span>{humanize(step)}</span>
              <Text span inherit c="dimmed">
                {pluralize(predicted.attempts, 'attempt')}, {formatCount(predicted.success)} succeed
              </Text>
            </div>
            <Text size="xs" c="dimmed">
              {predictedFaults(predicted) || 'no fault'}
            </Text>
          </li>
        ))}
      </ul>
    </Stack>
  );
}
