// The launch form: what to launch on the left, its prediction and the button on the right.

import { SimpleGrid, Stack } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Batch, Config } from '../../../../src/http/contract.ts';
import { batchKeys, launchBatch } from '../../api/batches.ts';
import { StepPanels, useStepPanels } from '../../parts/chaos/step-panels.tsx';
import { chaosOf } from '../../parts/chaos/steps.ts';
import { numberOf } from '../../parts/form/checks.ts';
import { CountField } from '../../parts/form/count-field.tsx';
import { fieldsOf } from '../../parts/form/fields.tsx';
import { FormFrame, focusFirstInvalid } from '../../parts/form/form-frame.tsx';
import { PolicyFields } from '../../parts/form/policy-fields.tsx';
import { randomHex, useSubmit } from '../../parts/form/use-submit.ts';
import { pluralize } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { ExperimentFields } from './experiment-fields.tsx';
import { type LaunchContext, type LaunchValues, launchPath, toLaunch, validateLaunch } from './form.ts';
import { InputFields } from './input-fields.tsx';
import { Prediction } from './prediction.tsx';
import { Presets } from './presets.tsx';
import { useLaunchForm } from './use-launch-form.ts';

export interface LaunchFormProps {
  context: LaunchContext;
  config: Config;
  original?: Batch | undefined;
}

const processes = (count: number) => pluralize(count, 'process', 'processes');

export function LaunchFormView({ context, config, original }: LaunchFormProps) {
  const { type } = context;
  const navigate = useNavigate();
  const form = useLaunchForm(context, original);
  const { text } = fieldsOf(form);
  const panels = useStepPanels(type);
  // Drawn here, not by the server, so that the prediction is of the very launch.
  const [drawnSeed] = useState(() => randomHex(8));
  const requestOf = (values: LaunchValues) => toLaunch({ ...values, seed: values.seed.trim() || drawnSeed }, context);
  const showErrors = (errors: object) => {
    panels.openFaulty(errors);
    focusFirstInvalid();
  };
  const submission = useSubmit({
    form,
    send: launchBatch,
    doing: ({ count = 1 }) => `Launching ${processes(count)}`,
    onDone: ({ batch_id, total_count, seed }, toast) => {
      // Accepted is not created: the batch's page shows the progress.
      toast.done(`Launching ${processes(total_count)}`, `Accepted, seed ${seed}`);
      return navigate({ to: '/process-batches/$id', params: { id: batch_id } });
    },
    pathOf: (path) => launchPath(path, context),
    onErrors: showErrors,
    affects: [batchKeys.all],
  });
  const isValid = Object.keys(validateLaunch(form.values, context)).length === 0;
  const request = isValid ? requestOf(form.values) : null;
  const count = numberOf(form.values.count) ?? 0;

  return (
    <FormFrame
      testId="launch"
      onSubmit={form.onSubmit((values) => submission.submit(requestOf(values)), showErrors)}
      submission={submission}
      path="/process-batches"
      request={request}
      icon={<IconRocket size={16} />}
      label={`Launch ${count > 0 ? processes(count) : ''}`}
      aside={<Prediction request={request} />}
      note={`${type.type}, version ${type.version}`}
    >
      <Panel title="What to launch">
        <Stack gap="lg">
          <CountField form={form} label="Processes" />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {text('name', 'Name', 'to find it again; may stay empty', 'Month end, rehearsal 3')}
            {text('seed', 'Seed', 'the same seed gives the same faults', `${drawnSeed}, drawn for you`)}
          </SimpleGrid>
          <InputFields form={form} fields={context.fields} />
        </Stack>
      </Panel>
      <Panel
        title="Chaos, by step"
        flush
        actions={
          <Presets
            type={type}
            chaos={form.values.chaos}
            onApply={(behavior) => {
              form.setFieldValue('chaos', chaosOf(type, behavior));
              form.clearErrors();
            }}
          />
        }
      >
        <StepPanels type={type} form={form} panels={panels} />
      </Panel>
      <ExperimentFields form={form} config={config} />
      <Panel title="Attempts and leases">
        <PolicyFields form={form} />
      </Panel>
    </FormFrame>
  );
}
