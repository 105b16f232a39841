// The chaos of one step: a panel that opens, and tells on its lid what is set inside.

import { Accordion, Badge, Group, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { describeBehavior } from '../../parts/behavior.ts';
import { NO_CHAOS, toBehaviorDraft } from '../../parts/chaos/chaos.ts';
import { ChaosFields } from '../../parts/chaos/chaos-fields.tsx';
import { humanize } from '../../parts/format.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';
import type { LaunchValues } from './form.ts';
import classes from './launch.module.css';

export type LaunchForm = UseFormReturnType<LaunchValues>;

export interface ChaosPanelProps {
  form: LaunchForm;
  step: { key: string; command: string; compensated: boolean };
}

export function ChaosPanel({ form, step }: ChaosPanelProps) {
  const path = `chaos.${step.key}`;
  const chaos = form.values.chaos[step.key] ?? NO_CHAOS;
  const words = describeBehavior(toBehaviorDraft(chaos));
  const faulty = Object.keys(form.errors).some((field) => field.startsWith(`${path}.`));
  const name = humanize(step.key);
  return (
    <Accordion.Item value={step.key} data-testid={`chaos-${step.key}`}>
      <Accordion.Control>
        <Group justify="space-between" gap="xs" pe="sm">
          <div>
            <Text fw={600} size="sm">
              {name}
            </Text>
            <Text size="xs" c="dimmed">
              {step.command}
              {step.compensated ? ', undone when the process fails' : ''}
            </Text>
          </div>
          <ChaosSummary words={words} faulty={faulty} />
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <ChaosFields
          step={step.key}
          path={path}
          chaos={chaos}
          errors={form.errors}
          onChange={(field, value) => form.setFieldValue(`${path}.${field}`, value)}
          onLeave={(field) => form.validateField(`${path}.${field}`)}
        />
      </Accordion.Panel>
    </Accordion.Item>
  );
}

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
      {words.map((word) => (
        <Badge key={word} color={CHAOS_COLOR} variant="light" size="sm">
          {word}
        </Badge>
      ))}
    </Group>
  );
}
