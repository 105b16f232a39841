// The chaos of one step: a panel that opens, and tells on its lid what is set inside.

import {
  Accordion,
  Badge,
  Group,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { describeBehavior, FAULT_FIELDS } from '../../parts/behavior.ts';
import { formatDuration, formatPercent, humanize } from '../../parts/format.ts';
import { Legend } from '../../parts/stacked-bar.tsx';
import { CHAOS_COLOR } from '../../parts/status.ts';
import { NO_CHAOS, numberOf, toBehaviorDraft } from './chaos.ts';
import type { LaunchValues } from './form.ts';
import classes from './launch.module.css';
import { PercentField } from './percent-field.tsx';
import { SplitBar, splitParts } from './split-bar.tsx';

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
        <Stack gap="lg">
          <div>
            <Text size="xs" c="dimmed" mb={6}>
              Expected first attempt, before any retry
            </Text>
            <SplitBar step={step.key} chaos={chaos} />
            <div className={classes.legend}>
              <Legend parts={splitParts(chaos)} format={formatPercent} hideZero testId={`split-${step.key}`} />
            </div>
          </div>
          <Stack gap="md">
            {FAULT_FIELDS.map((field) => (
              <PercentField
                key={field}
                step={step.key}
                field={field}
                value={chaos[field]}
                error={form.errors[`${path}.${field}`] as string | undefined}
                onChange={(value) => form.setFieldValue(`${path}.${field}`, value)}
              />
            ))}
          </Stack>
          <DurationFields form={form} path={path} name={name} />
          <ErrorFields form={form} path={path} name={name} />
          <ResponseFields form={form} path={path} name={name} sends={chaos.send_response} />
        </Stack>
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

interface FieldsProps {
  form: LaunchForm;
  path: string;
  name: string;
}

function DurationFields({ form, path, name }: FieldsProps) {
  const duration = (field: 'min_duration_ms' | 'max_duration_ms', word: string) => {
    const props = form.getInputProps(`${path}.${field}`);
    const ms = numberOf(props.value);
    return (
      <NumberInput
        {...props}
        label={`${name}: ${word} delay (ms)`}
        description={ms ? formatDuration(ms) : 'none'}
        placeholder="0"
        min={0}
        step={100}
        allowDecimal={false}
        clampBehavior="none"
        thousandSeparator=","
        size="sm"
      />
    );
  };
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      {duration('min_duration_ms', 'shortest')}
      {duration('max_duration_ms', 'longest')}
    </SimpleGrid>
  );
}

function ErrorFields({ form, path, name }: FieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      <TextInput
        {...form.getInputProps(`${path}.error_code`)}
        label={`${name}: error code`}
        placeholder="CHAOS_TRANSIENT, ..."
        size="sm"
      />
      <TextInput
        {...form.getInputProps(`${path}.error_message`)}
        label={`${name}: error message`}
        placeholder="the default of each fault"
        size="sm"
      />
    </SimpleGrid>
  );
}

function ResponseFields({ form, path, name, sends }: FieldsProps & { sends: boolean }) {
  return (
    <Stack gap="sm">
      <Switch
        {...form.getInputProps(`${path}.send_response`, { type: 'checkbox' })}
        label={`${name}: merge a response of my own into the reply`}
        size="sm"
      />
      {sends && (
        <Textarea
          {...form.getInputProps(`${path}.response_data`)}
          label={`${name}: response data (JSON object)`}
          placeholder='{"result_path": "elsewhere.pdf"}'
          autosize
          minRows={2}
          maxRows={10}
          classNames={{ input: classes.mono }}
        />
      )}
    </Stack>
  );
}
