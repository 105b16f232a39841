// The prediction of a launch: of a sample while one drags, then of every process.
// Figures of an older form are dimmed, and an estimate is labelled as one.

import { Badge, Button, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { Preview } from '../../../../src/http/contract.ts';
import type { LaunchRequest } from '../../api/batches.ts';
import { problemFrom } from '../../api/client.ts';
import { previewQuery } from '../../api/verdicts.ts';
import { endingParts, predictedFaults } from '../../parts/experiment/prediction.ts';
import { formatCount, humanize, pluralize } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { scalePreview } from './estimate.ts';
import classes from './launch.module.css';

/** A sample is predicted within some 50 ms, 100,000 processes within a second. */
const SAMPLE_COUNT = 1_000;
const SAMPLE_AFTER_MS = 150;
const ALL_AFTER_MS = 600;

function usePrediction(request: LaunchRequest | null) {
  const text = JSON.stringify(request);
  const [sampled] = useDebouncedValue(text, SAMPLE_AFTER_MS, { leading: true });
  const [settled] = useDebouncedValue(text, ALL_AFTER_MS);
  const launch: LaunchRequest = JSON.parse(sampled) ?? {};
  const count = launch.count ?? 1;
  const isLarge = count > SAMPLE_COUNT;
  const sample = useQuery({
    ...previewQuery({ ...launch, count: Math.min(count, SAMPLE_COUNT) }),
    enabled: sampled !== 'null',
  });
  const all = useQuery({
    ...previewQuery(launch),
    placeholderData: undefined,
    enabled: isLarge && sampled !== 'null' && settled === text,
  });
  const isStale = sampled !== text || sample.isPlaceholderData;
  const estimate = sample.data && isLarge ? scalePreview(sample.data, count) : sample.data;
  return {
    preview: all.data ?? estimate,
    isStale,
    isBusy: request !== null && (isStale || sample.isFetching || (isLarge && (settled !== text || all.isFetching))),
    query: sample.isError ? sample : all,
  };
}

/** `request` is null while the form is invalid. */
export function Prediction({ request }: { request: LaunchRequest | null }) {
  const { preview, isStale, isBusy, query } = usePrediction(request);
  return (
    <section data-testid="preview" aria-busy={isBusy}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Title order={2} size="h5">
          Prediction
        </Title>
        {isBusy ? (
          <Loader size={14} aria-label="Predicting" />
        ) : (
          preview && request && <Exactness exact={preview.exact} />
        )}
      </Group>
      {request === null ? (
        <Hint>Correct the form to see what the launch will do.</Hint>
      ) : query.error && !isStale ? (
        <PreviewError error={query.error} onRetry={() => query.refetch()} />
      ) : preview ? (
        <div style={{ opacity: isStale ? 0.55 : undefined }}>
          <Figures preview={preview} />
        </div>
      ) : (
        <Hint>Predicting each process…</Hint>
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
      title={exact ? 'Every process was predicted' : 'An estimate, not a count'}
    >
      {exact ? 'Exact' : 'Estimate'}
    </Badge>
  );
}

function PreviewError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = problemFrom(error);
  const [first] = problem.errors;
  return (
    <Stack gap={6} align="flex-start" role="alert">
      <Text size="xs" c="red">
        Not predicted. {first ? `${humanize(first.path)} ${first.message}.` : problem.detail} ({problem.code})
      </Text>
      <Button size="compact-xs" variant="default" onClick={onRetry}>
        Try again
      </Button>
    </Stack>
  );
}

function Figures({ preview }: { preview: Preview }) {
  const parts = endingParts(preview.expected);
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <Stack gap={8}>
      {preview.note && <Hint>{preview.note}</Hint>}
      <StackedBar parts={parts} total={total} label="This launch" />
      <Legend parts={parts} hideZero testId="preview-endings" />
      <ul className={classes.steps}>
        {Object.entries(preview.steps).map(([step, predicted]) => (
          <li key={step} data-testid={`preview-${step}`}>
            <Group justify="space-between" gap={0} fz="xs" fw={500}>
              <span>{humanize(step)}</span>
              <Text span inherit c="dimmed">
                {pluralize(Math.round(predicted.attempts), 'attempt')}, {formatCount(predicted.success)} succeed
              </Text>
            </Group>
            <Hint>{predictedFaults(predicted) || 'no fault'}</Hint>
          </li>
        ))}
      </ul>
    </Stack>
  );
}
