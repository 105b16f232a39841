// The chaos of every step: a panel each that opens, and tells on its lid what is set inside. The same on every page that sets chaos.

import { Accordion, Badge, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ProcessType } from '../../api/service.ts';
import { describeBehavior } from '../behavior.ts';
import { humanize } from '../format.ts';
import { CHAOS_COLOR } from '../status.ts';
import classes from './chaos.module.css';
import { NO_CHAOS, type StepChaos, toBehaviorDraft } from './chaos.ts';
import { ChaosFields } from './chaos-fields.tsx';
import type { StepsChaos } from './steps.ts';

export interface StepPanelsProps {
  steps: ProcessType['steps'];
  chaos: StepsChaos;
  /** What is wrong, by path: `chaos.render.timeout_pct`. */
  errors: Record<string, ReactNode>;
  /** The steps whose panels are open. */
  opened: string[];
  onOpen: (steps: string[]) => void;
  onChange: (step: string, field: keyof StepChaos, value: StepChaos[keyof StepChaos]) => void;
  /** A field was left: the time to say what is wrong with it. */
  onLeave?: (step: string, field: keyof StepChaos) => void;
}

export function StepPanels({ steps, opened, onOpen, ...panel }: StepPanelsProps) {
  return (
    <Accordion multiple value={opened} onChange={onOpen} chevronPosition="left" order={3} className={classes.panels}>
      {steps.map((step) => (
        <StepPanel key={step.key} step={step} {...panel} />
      ))}
    </Accordion>
  );
}

type StepPanelProps = Omit<StepPanelsProps, 'steps' | 'opened' | 'onOpen'> & { step: ProcessType['steps'][number] };

function StepPanel({ step, chaos: all, errors, onChange, onLeave }: StepPanelProps) {
  const path = `chaos.${step.key}`;
  const chaos = all[step.key] ?? NO_CHAOS;
  const faulty = Object.keys(errors).some((field) => field.startsWith(`${path}.`));
  return (
    <Accordion.Item value={step.key} data-testid={`chaos-${step.key}`}>
      <Accordion.Control>
        <Group justify="space-between" gap="xs" pe="sm">
          <div>
            <Text fw={600} size="sm">
              {humanize(step.key)}
            </Text>
            <Text size="xs" c="dimmed">
              {step.command}
              {step.compensated ? ', undone when the process fails' : ''}
            </Text>
          </div>
          <ChaosSummary words={describeBehavior(toBehaviorDraft(chaos))} faulty={faulty} />
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <ChaosFields
          step={step.key}
          path={path}
          chaos={chaos}
          errors={errors}
          onChange={(field, value) => onChange(step.key, field, value)}
          onLeave={(field) => onLeave?.(step.key, field)}
        />
      </Accordion.Panel>
    </Accordion.Item>
  );
}

/** More would push the name of the step out of its place. */
const MAX_LABELS_SHOWN = 3;

function ChaosSummary({ words, faulty }: { words: string[]; faulty: boolean }) {
  if (faulty) {
    return (
      <Badge color="red" variant="light">
        Needs a look
      </Badge>
    );
  }
  if (words.length === 0) {
    return (
      <Text size="xs" c="dimmed">
        No chaos
      </Text>
    );
  }
  return (
    <Group gap={6} className={classes.summary} data-testid="chaos-summary">
      {words.slice(0, MAX_LABELS_SHOWN).map((word) => (
        <Badge key={word} color={CHAOS_COLOR} variant="light" size="sm">
          {word}
        </Badge>
      ))}
      {words.length > MAX_LABELS_SHOWN && (
        <Badge
          color={CHAOS_COLOR}
          variant="transparent"
          size="sm"
          px={0}
          title={words.slice(MAX_LABELS_SHOWN).join(', ')}
        >
          and {words.length - MAX_LABELS_SHOWN} more
        </Badge>
      )}
    </Group>
  );
}
