// The form itself: what is launched on the left, what to expect of it on the right.

import { SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Batch, Config } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { StepPanels } from '../../parts/chaos/step-panels.tsx';
import { chaosOf, faultySteps } from '../../parts/chaos/steps.ts';
import { CountField } from '../../parts/form/count-field.tsx';
import { PolicyFields } from '../../parts/form/policy-fields.tsx';
import { Panel } from '../../parts/panel.tsx';
import { ExperimentFields } from './experiment-fields.tsx';
import { drawSeed, type LaunchContext, type LaunchValues, toLaunch, validateLaunch } from './form.ts';
import { InputFields } from './input-fields.tsx';
import classes from './launch.module.css';
import { Presets } from './presets.tsx';
import { Summary } from './summary.tsx';
import { useLaunch } from './use-launch.ts';
import { type LaunchForm, useLaunchForm } from './use-launch-form.ts';

export interface LaunchFormProps {
  context: LaunchContext;
  config: Config;
  original?: Batch | undefined;
}

export function LaunchFormView({ context, config, original }: LaunchFormProps) {
  const { type } = context;
  const form = useLaunchForm(context, original);
  const [opened, setOpened] = useState<string[]>([]);
  // Drawn here rather than by the server, so that what is predicted is what will be launched.
  const [drawnSeed] = useState(drawSeed);
  const requestOf = (values: LaunchValues) => toLaunch({ ...values, seed: values.seed.trim() || drawnSeed }, context);

  const showErrors = (errors: Record<string, unknown>) => {
    setOpened((current) => [...new Set([...current, ...faultySteps(type, errors)])]);
    // The panel opens in this turn; its field can be focused in the next.
    setTimeout(focusFirstInvalid);
  };
  const { launch, busy, refusal } = useLaunch(context, (errors) => {
    form.setErrors(errors);
    showErrors(errors);
  });

  const valid = Object.keys(validateLaunch(form.values, context)).length === 0;
  const applyBehavior = (behavior: Record<string, unknown> | null) => {
    form.setFieldValue('chaos', chaosOf(type, behavior));
    form.clearErrors();
  };

  return (
    <form
      onSubmit={form.onSubmit((values) => launch(requestOf(values)), showErrors)}
      noValidate
      data-testid="launch-form"
    >
      <div className={classes.layout}>
        <Stack gap="md" miw={0}>
          <Panel title="What to launch">
            <Stack gap="lg">
              <CountField
                label="Processes"
                max={LIMITS.batch_count.max}
                {...form.getInputProps('count')}
                value={form.values.count}
              />
              <NameAndSeed form={form} drawnSeed={drawnSeed} />
              <InputFields form={form} fields={context.fields} />
            </Stack>
          </Panel>
          <Panel
            title="Chaos, by step"
            flush
            actions={<Presets type={type} chaos={form.values.chaos} onApply={applyBehavior} />}
          >
            <StepPanels
              steps={type.steps}
              chaos={form.values.chaos}
              errors={form.errors}
              opened={opened}
              onOpen={setOpened}
              onChange={(step, field, value) => form.setFieldValue(`chaos.${step}.${field}`, value)}
              onLeave={(step, field) => form.validateField(`chaos.${step}.${field}`)}
            />
          </Panel>
          <ExperimentFields form={form} config={config} />
          <Panel title="Attempts and leases">
            <PolicyFields form={form} />
          </Panel>
        </Stack>
        <Summary
          form={form}
          context={context}
          request={valid ? requestOf(form.values) : null}
          busy={busy}
          refusal={refusal}
        />
      </div>
    </form>
  );
}

function NameAndSeed({ form, drawnSeed }: { form: LaunchForm; drawnSeed: string }) {
  return (
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
        placeholder={`${drawnSeed}, drawn for you`}
        size="sm"
      />
    </SimpleGrid>
  );
}

function focusFirstInvalid(): void {
  const field = document.querySelector<HTMLElement>('[data-testid="launch-form"] [aria-invalid="true"]');
  field?.scrollIntoView({ block: 'center' });
  // A date field opens its calendar when focused, which would cover what it is to be told.
  if (!field?.hasAttribute('data-dates-input')) field?.focus();
}
