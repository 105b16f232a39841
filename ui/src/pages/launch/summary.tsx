// What is about to be launched, beside the form: what to expect of it, the request to copy, the button.

import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconRocket } from '@tabler/icons-react';
import type { Problem } from '../../../../src/http/contract.ts';
import type { LaunchRequest } from '../../api/batches.ts';
import { NO_CHAOS, numberOf } from '../../parts/chaos/chaos.ts';
import { SplitBar } from '../../parts/chaos/split-bar.tsx';
import { expectedStep } from '../../parts/chaos/whole-process.ts';
import { CopyRequest, Refusal } from '../../parts/form/request-card.tsx';
import { formatCount, formatPercent, humanize, pluralize } from '../../parts/format.ts';
import type { LaunchContext } from './form.ts';
import classes from './launch.module.css';
import { ClosedForm, ExactPreview } from './prediction.tsx';
import type { LaunchForm } from './use-launch-form.ts';

export interface SummaryProps {
  form: LaunchForm;
  context: LaunchContext;
  /** The request as it would be sent; null while the form is not valid. */
  request: LaunchRequest | null;
  busy: boolean;
  refusal: Problem | null;
}

export function Summary({ form, context, request, busy, refusal }: SummaryProps) {
  const count = numberOf(form.values.count) ?? 0;
  return (
    <Paper withBorder p="md" className={classes.aside} component="aside">
      <Stack gap="md">
        <div>
          <Title order={2} size="h5">
            First attempts, as expected
          </Title>
          <Text size="xs" c="dimmed">
            Each step on its own, before any retry.
          </Text>
        </div>
        <div className={classes.splits}>
          {context.type.steps.map((step) => {
            const chaos = form.values.chaos[step.key] ?? NO_CHAOS;
            return (
              <div key={step.key} data-testid={`expected-${step.key}`}>
                <div className={classes.splitHead}>
                  <span>{humanize(step.key)}</span>
                  <Text span inherit c="dimmed">
                    {formatPercent(expectedStep(chaos, 1).passed * 100)} succeed
                  </Text>
                </div>
                <SplitBar step={step.key} chaos={chaos} size={10} />
              </div>
            );
          })}
        </div>
        <ClosedForm form={form} context={context} />
        <ExactPreview request={request} />
        {refusal && <Refusal problem={refusal} testId="launch-refused" />}
        <Button type="submit" size="sm" leftSection={<IconRocket size={16} />} loading={busy} fullWidth>
          Launch {count > 0 ? pluralize(count, 'process', 'processes') : ''}
        </Button>
        <Group justify="space-between" gap="xs">
          <Text size="xs" c="dimmed">
            {context.type.type}, version {context.type.version}
          </Text>
          <CopyRequest path="/process-batches" body={request} />
        </Group>
      </Stack>
    </Paper>
  );
}

/** Shown where the service has no process to launch. */
export function NothingToLaunch({ types }: { types: number }) {
  return (
    <Alert color="yellow" icon={<IconAlertTriangle />} title="Nothing can be launched">
      {formatCount(types)} process types are registered in this service. Register one in its application and start it
      again.
    </Alert>
  );
}
