// The form itself: what is launched on the left, what to expect of it on the right.

import { Accordion, Button, Group, SimpleGrid, Stack, TextInput, Tooltip } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import type { Batch } from '../../../../src/http/contract.ts';
import { CountField } from '../../parts/form/count-field.tsx';
import { PolicyFields } from '../../parts/form/policy-fields.tsx';
import { humanize } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { ChaosPanel } from './chaos-panel.tsx';
import { initialValues, type LaunchContext, type LaunchValues, toLaunch, validateLaunch } from './form.ts';
import { InputFields } from './input-fields.tsx';
import classes from './launch.module.css';
import { type Preset, presetsFor } from './presets.ts';
import { Summary } from './summary.tsx';
import { useLaunch } from './use-launch.ts';

export function LaunchFormView({ context, original }: { context: LaunchContext; original?: Batch | undefined }) {
  const steps = context.type.steps.map((step) => step.key);
  const form = useForm<LaunchValues>({
    initialValues: initialValues(context, original),
    validate: (values) => validateLaunch(values, context),
    validateInputOnBlur: true,
  });
  const [opened, setOpened] = useState<string[]>([]);

  const showErrors = (errors: Record<string, unknown>) => {
    const faulty = steps.filter((step) => Object.keys(errors).some((path) => path.startsWith(`chaos.${step}.`)));
    setOpened((current) => [...new Set([...current, ...faulty])]);
    // The panel opens in this turn; its field can be focused in the next.
    setTimeout(focusFirstInvalid);
  };
  const { launch, busy, refusal } = useLaunch(context, (errors) => {
    form.setErrors(errors);
    showErrors(errors);
  });

  const valid = Object.keys(validateLaunch(form.values, context)).length === 0;
  const submit = form.onSubmit((values) => launch(toLaunch(values, context)), showErrors);
  const applyPreset = (preset: Preset) => {
    form.setFieldValue('chaos', preset.apply(steps));
    form.clearErrors();
  };

  return (
    <form onSubmit={submit} noValidate data-testid="launch-form">
      <div className={classes.layout}>
        <Stack gap="md">
          <Panel title="What to launch">
            <Stack gap="lg">
              <CountField
                label="Processes"
                max={context.defaults.max_batch_count}
                {...form.getInputProps('count')}
                value={form.values.count}
              />
              <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
                <TextInput
                  {...form.getInputProps('name')}
                  label="Name"
                  description="to find it again; may stay empty"
                  placeholder="Month end, rehearsal 3"
                  size="sm"
                />
                <TextInput
                  {...form.getInputProps('seed')}
                  label="Seed"
                  description="the same seed gives the same faults"
                  placeholder="drawn when empty"
                  size="sm"
                />
              </SimpleGrid>
              <InputFields form={form} fields={context.fields} />
            </Stack>
          </Panel>
          <Panel
            title="Chaos, by step"
            flush
            actions={<Presets presets={presetsFor(lastOf(steps))} onApply={applyPreset} />}
          >
            <Accordion
              multiple
              value={opened}
              onChange={setOpened}
              chevronPosition="left"
              order={3}
              className={classes.panels}
            >
              {context.type.steps.map((step) => (
                <ChaosPanel key={step.key} form={form} step={step} />
              ))}
            </Accordion>
          </Panel>
          <Panel title="Attempts and leases">
            <PolicyFields form={form} />
          </Panel>
        </Stack>
        <Summary
          form={form}
          context={context}
          request={valid ? toLaunch(form.values, context) : null}
          busy={busy}
          refusal={refusal}
        />
      </div>
    </form>
  );
}

function Presets({ presets, onApply }: { presets: Preset[]; onApply: (preset: Preset) => void }) {
  return (
    <Group gap={6} role="group" aria-label="Chaos presets">
      {presets.map((preset) => (
        <Tooltip key={preset.key} label={humanize(preset.hint)}>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onApply(preset)}
            data-testid={`preset-${preset.key}`}
          >
            {preset.label}
          </Button>
        </Tooltip>
      ))}
    </Group>
  );
}

function lastOf(steps: string[]): string {
  return steps.at(-1) ?? 'step';
}

function focusFirstInvalid(): void {
  const field = document.querySelector<HTMLElement>('[data-testid="launch-form"] [aria-invalid="true"]');
  field?.scrollIntoView({ block: 'center' });
  // A date field opens its calendar when focused, which would cover what it is to be told.
  if (!field?.hasAttribute('data-dates-input')) field?.focus();
}
