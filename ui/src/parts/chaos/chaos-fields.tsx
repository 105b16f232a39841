// The chaos of one command as fields. Every form with chaos uses these.

import { Collapse, NumberInput, SimpleGrid, Stack, Switch, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { FAULT_LABELS, type FaultField, FIRST_ATTEMPTS, MAIN_FAULTS, MORE_FAULTS } from '../behavior.ts';
import { Chevron } from '../chevron.tsx';
import { numberOf } from '../form/checks.ts';
import { type AnyForm, fieldsOf } from '../form/fields.tsx';
import { JsonField } from '../form/json-field.tsx';
import { PercentSlider } from '../form/percent-slider.tsx';
import { formatDuration, formatPercent, humanize, pluralize } from '../format.ts';
import { Hint } from '../hint.tsx';
import { Legend, StackedBar } from '../stacked-bar.tsx';
import classes from './chaos.module.css';
import { type DurationShape, MAX_FIRST_ATTEMPTS, type StepChaos } from './chaos.ts';
import { firstAttempt } from './first-attempt.ts';

export interface ChaosFieldsProps {
  form: AnyForm;
  /** Path of this chaos in the form: `chaos.render`. */
  path: string;
  /** The step's key, or another name of the command; every label begins with it. */
  step: string;
  chaos: StepChaos;
}

export function ChaosFields(props: ChaosFieldsProps) {
  const { step, chaos } = props;
  const parts = firstAttempt(chaos);
  return (
    <Stack gap="lg">
      <div>
        <Hint mb={6}>Expected first attempt, before any retry</Hint>
        <StackedBar
          parts={parts}
          total={100}
          label={`${humanize(step)}, expected first attempt`}
          format={formatPercent}
        />
        <div className={classes.legend}>
          <Legend parts={parts} format={formatPercent} hideZero testId={`split-${step}`} />
        </div>
      </div>
      <Stack>
        {MAIN_FAULTS.map((field) => (
          <PercentField key={field} {...props} field={field} />
        ))}
      </Stack>
      <MoreFaults {...props} />
      <DelayFields {...props} />
      <ErrorAndResponse {...props} />
    </Stack>
  );
}

function FaultRow({ label, effect, children }: { label: string; effect: string; children: ReactNode }) {
  return (
    <div className={classes.percent}>
      <div style={{ lineHeight: 1.35 }}>
        <Text size="sm" fw={500}>
          {humanize(label)}
        </Text>
        <Hint>{effect}</Hint>
      </div>
      {children}
    </div>
  );
}

function PercentField({ form, path, step, field }: ChaosFieldsProps & { field: FaultField }) {
  const { label, effect, color } = FAULT_LABELS[field];
  return (
    <FaultRow label={label} effect={effect}>
      <PercentSlider
        {...form.getInputProps(`${path}.${field}`)}
        label={`${humanize(step)}: ${label} %`}
        color={color}
      />
    </FaultRow>
  );
}

const MORE_FIELDS = [...MORE_FAULTS, 'fail_first_attempts'] as const;

/** The rarer faults stay hidden until opened, unless one of them is set. */
function MoreFaults(props: ChaosFieldsProps) {
  const { form, path, step, chaos } = props;
  const set = MORE_FIELDS.filter((field) => (numberOf(chaos[field]) ?? 0) > 0).length;
  const faulty = MORE_FIELDS.some((field) => form.errors[`${path}.${field}`]);
  const [wanted, { toggle }] = useDisclosure(set > 0);
  const opened = wanted || faulty;
  return (
    <div>
      <UnstyledButton
        className={classes.more}
        onClick={toggle}
        aria-expanded={opened}
        aria-label={`More faults of ${step}`}
        data-testid={`more-faults-${step}`}
      >
        <Chevron opened={opened} />
        More faults
        <Hint span fw={400}>
          {set > 0 ? `${pluralize(set, 'kind')} set` : 'crash, lost connection, lost acknowledgement, duplicate, ...'}
        </Hint>
      </UnstyledButton>
      <Collapse expanded={opened} keepMounted={false}>
        <Stack pt="md">
          <FaultRow label={FIRST_ATTEMPTS.label} effect={FIRST_ATTEMPTS.effect}>
            <NumberInput
              {...form.getInputProps(`${path}.fail_first_attempts`)}
              w={104}
              size="xs"
              ms="auto"
              aria-label={`${humanize(step)}: ${FIRST_ATTEMPTS.label}`}
              placeholder="0"
              min={0}
              max={MAX_FIRST_ATTEMPTS}
            />
          </FaultRow>
          {MORE_FAULTS.map((field) => (
            <PercentField key={field} {...props} field={field} />
          ))}
        </Stack>
      </Collapse>
    </div>
  );
}

const SHAPES: Record<DurationShape, string> = {
  normal: 'Normal: mostly in the middle',
  uniform: 'Uniform: all equally likely',
  lognormal: 'Log-normal: a few much longer',
  fixed: 'Fixed: always the same',
};

function DelayFields({ form, path, step, chaos }: ChaosFieldsProps) {
  const { number, select } = fieldsOf(form);
  const name = humanize(step);
  const bound = (field: 'min_duration_ms' | 'max_duration_ms', word: string) => {
    const ms = numberOf(chaos[field]);
    const hint = ms ? formatDuration(ms) : 'none';
    return number(`${path}.${field}`, `${name}: ${word} delay (ms)`, hint, { min: 0 }, { placeholder: '0', step: 100 });
  };
  const isDelayed = Boolean(numberOf(chaos.min_duration_ms) || numberOf(chaos.max_duration_ms));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} style={{ alignItems: 'end' }}>
      {bound('min_duration_ms', 'shortest')}
      {bound('max_duration_ms', 'longest')}
      {isDelayed && select(`${path}.duration_shape`, `${name}: spread of delays`, undefined, SHAPES)}
      {isDelayed && (
        <Switch
          {...form.getInputProps(`${path}.delay_failures`, { type: 'checkbox' })}
          label={`${name}: delay injected failures, too`}
          mb={6}
        />
      )}
    </SimpleGrid>
  );
}

function ErrorAndResponse({ form, path, step, chaos }: ChaosFieldsProps) {
  const { text } = fieldsOf(form);
  const name = humanize(step);
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {text(`${path}.error_code`, `${name}: error code`, undefined, 'CHAOS_TRANSIENT, ...')}
        {text(`${path}.error_message`, `${name}: error message`, undefined, 'the default of each fault')}
      </SimpleGrid>
      <Switch
        {...form.getInputProps(`${path}.send_response`, { type: 'checkbox' })}
        label={`${name}: merge response data into the reply`}
      />
      {chaos.send_response && (
        <JsonField
          {...form.getInputProps(`${path}.response_data`)}
          value={chaos.response_data}
          label={`${name}: response data (JSON object)`}
          placeholder='{"result_path": "elsewhere.pdf"}'
          minRows={2}
        />
      )}
    </>
  );
}
