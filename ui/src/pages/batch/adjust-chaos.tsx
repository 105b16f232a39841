// Changes the chaos of a running batch. The fields are those of its launch, filled with what applies now.

import { Button, Drawer, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { problemFrom } from '../../api/client.ts';
import type { ProcessType } from '../../api/service.ts';
import { StepPanels, useStepPanels } from '../../parts/chaos/step-panels.tsx';
import { behaviorOf, chaosOf, validateSteps } from '../../parts/chaos/steps.ts';
import { Refusal } from '../../parts/form/request-card.tsx';
import classes from './batch.module.css';
import { useChangeBehavior } from './verbs.tsx';

export interface AdjustChaosProps {
  batch: BatchDetail;
  type: ProcessType;
  /** The behavior of steps sent now. */
  newest: Record<string, unknown> | null;
  onClose: () => void;
}

export default function AdjustChaos({ batch, type, newest, onClose }: AdjustChaosProps) {
  const form = useForm({
    initialValues: { chaos: chaosOf(type, newest), reason: '' },
    validate: ({ chaos }) => validateSteps(type, chaos),
    validateInputOnBlur: true,
  });
  const panels = useStepPanels(type, type.steps.slice(0, 1));
  const change = useChangeBehavior(batch.batch_id, onClose);
  const onSubmit = form.onSubmit(({ chaos, reason }) => {
    const behavior = behaviorOf(type, chaos);
    change.mutate({ behavior: Object.keys(behavior).length > 0 ? behavior : null, reason: reason.trim() });
  }, panels.openFaulty);

  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title="Adjust chaos"
      closeButtonProps={{ 'aria-label': 'Close' }}
      styles={{ title: { fontWeight: 600, fontSize: 'var(--mantine-font-size-lg)' } }}
      data-testid="adjust-drawer"
    >
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            Applies within a second to steps sent from then on, and only to processes in scope. The batch can then no
            longer be compared with its prediction; the verdict remains possible.
          </Text>
          <div className={classes.panels}>
            <StepPanels type={type} form={form} panels={panels} />
          </div>
          <TextInput
            {...form.getInputProps('reason')}
            label="Reason"
            description="for the audit; may stay empty"
            maxLength={MAX_LENGTH.reason}
          />
          {change.error && <Refusal problem={problemFrom(change.error)} testId="adjust-refused" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" loading={change.isPending} data-testid="confirm-adjust">
              Change chaos
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
