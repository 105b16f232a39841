// Changes the chaos of a batch under way: the same panels as at its launch, begun with what holds now. Loaded when it is wanted.

import { Button, Drawer, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { problemFrom } from '../../api/client.ts';
import type { ProcessType } from '../../api/service.ts';
import { StepPanels } from '../../parts/chaos/step-panels.tsx';
import { behaviorOf, chaosOf, faultySteps, validateSteps, withField } from '../../parts/chaos/steps.ts';
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
  const [chaos, setChaos] = useState(() => chaosOf(type, newest));
  const [opened, setOpened] = useState(() => type.steps.slice(0, 1).map(({ key }) => key));
  const [reason, setReason] = useState('');
  const change = useChangeBehavior(batch.batch_id, onClose);
  const errors = validateSteps(type, chaos);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const faulty = faultySteps(type, errors);
    if (faulty.length > 0) return setOpened((current) => [...new Set([...current, ...faulty])]);
    const behavior = behaviorOf(type, chaos);
    change.mutate({ behavior: Object.keys(behavior).length > 0 ? behavior : null, reason: reason.trim() });
  };

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
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            Steps sent from now on take it, within a second. Those sent before keep theirs, and processes out of scope
            stay out. What was predicted at launch can then not be compared any more; the verdict still can.
          </Text>
          <div className={classes.panels}>
            <StepPanels
              steps={type.steps}
              chaos={chaos}
              errors={errors}
              opened={opened}
              onOpen={setOpened}
              onChange={(step, field, value) => setChaos((before) => withField(before, step, field, value))}
            />
          </div>
          <TextInput
            label="Reason"
            description="for the audit; may stay empty"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={MAX_LENGTH.reason}
          />
          {change.error && <Refusal problem={problemFrom(change.error)} testId="adjust-refused" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Leave it as it is
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
