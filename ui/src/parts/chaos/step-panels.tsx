// The chaos of every step: one panel each, with a summary in its heading. Every page that sets chaos uses these.

import { Accordion, Badge, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { ProcessType } from '../../api/service.ts';
import { describeBehavior } from '../behavior.ts';
import { BehaviorBadges } from '../behavior-list.tsx';
import type { AnyForm } from '../form/fields.tsx';
import { humanize } from '../format.ts';
import { Hint } from '../hint.tsx';
import { CHAOS_COLOR } from '../status.ts';
import classes from './chaos.module.css';
import { NO_CHAOS, toBehaviorDraft } from './chaos.ts';
import { ChaosFields } from './chaos-fields.tsx';
import { faultySteps, type StepsChaos, stepField } from './steps.ts';

/** Which panels are open, at first those given. */
export function useStepPanels(type: ProcessType, first: ProcessType['steps'] = []) {
  const [opened, setOpened] = useState(() => first.map(({ key }) => key));
  return {
    opened,
    setOpened,
    openFaulty: (errors: object) =>
      setOpened((current) => [...new Set([...current, ...faultySteps(type, errors as Record<string, unknown>)])]),
  };
}

export interface StepPanelsProps {
  type: ProcessType;
  form: AnyForm & { values: { chaos: StepsChaos } };
  panels: ReturnType<typeof useStepPanels>;
}

export function StepPanels({ type, form, panels }: StepPanelsProps) {
  return (
    <Accordion
      multiple
      value={panels.opened}
      onChange={panels.setOpened}
      chevronPosition="left"
      order={3}
      className={classes.panels}
    >
      {type.steps.map((step) => (
        <StepPanel
          key={step.key}
          step={step}
          form={form}
          faulty={faultySteps({ steps: [step] }, form.errors).length > 0}
        />
      ))}
    </Accordion>
  );
}

interface StepPanelProps extends Pick<StepPanelsProps, 'form'> {
  step: ProcessType['steps'][number];
  faulty: boolean;
}

function StepPanel({ step, form, faulty }: StepPanelProps) {
  const chaos = form.values.chaos[stepField(step.key)] ?? NO_CHAOS;
  return (
    <Accordion.Item value={step.key} data-testid={`chaos-${step.key}`}>
      <Accordion.Control>
        <Group justify="space-between" gap="xs" pe="sm">
          <div>
            <Text fw={600} size="sm">
              {humanize(step.key)}
            </Text>
            <Hint>
              {step.command}
              {step.compensated ? ', undone when the process fails' : ''}
            </Hint>
          </div>
          {faulty ? (
            <Badge color="red" variant="light">
              Has errors
            </Badge>
          ) : (
            <ChaosSummary labels={describeBehavior(toBehaviorDraft(chaos))} />
          )}
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <ChaosFields form={form} path={`chaos.${stepField(step.key)}`} step={step.key} chaos={chaos} />
      </Accordion.Panel>
    </Accordion.Item>
  );
}

/** More would push the name of the step away. */
const MAX_LABELS_SHOWN = 3;

function ChaosSummary({ labels }: { labels: string[] }) {
  const rest = labels.slice(MAX_LABELS_SHOWN);
  return (
    <Group gap={6} className={classes.summary} data-testid="chaos-summary">
      {labels.length === 0 && <Hint>No chaos</Hint>}
      <BehaviorBadges labels={labels.slice(0, MAX_LABELS_SHOWN)} />
      {rest.length > 0 && (
        <Badge color={CHAOS_COLOR} variant="transparent" size="sm" px={0} title={rest.join(', ')}>
          and {rest.length} more
        </Badge>
      )}
    </Group>
  );
}
