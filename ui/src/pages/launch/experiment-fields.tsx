// The experiment: what is expected to hold, how much of the batch chaos may touch, and when it is to stop.

import { Button, Group, NumberInput, Select, Slider, Stack, Text, Textarea } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { Config } from '../../../../src/http/contract.ts';
import { numberOf } from '../../parts/chaos/chaos.ts';
import { STOP_ACTIONS, STOP_LABELS, type StopAction, type StopMetric } from '../../parts/experiment/experiment.ts';
import { Panel } from '../../parts/panel.tsx';
import { MAX_STOP_CONDITIONS, nextStopRow, type StopRow } from './experiment.ts';
import classes from './launch.module.css';
import { TurbulenceFields } from './turbulence-fields.tsx';
import type { LaunchForm } from './use-launch-form.ts';

export function ExperimentFields({ form, config }: { form: LaunchForm; config: Config }) {
  return (
    <Panel title="Experiment" testId="experiment">
      <Stack gap="lg">
        <Textarea
          {...form.getInputProps('experiment.hypothesis')}
          label="Hypothesis"
          description="what is expected to hold; stands in the report"
          placeholder="With 10 % transient failures every statement is still delivered."
          autosize
          minRows={2}
          maxRows={8}
          size="sm"
        />
        <Scope form={form} />
        <StopConditions form={form} />
        <TurbulenceFields form={form} config={config} />
      </Stack>
    </Panel>
  );
}

function Scope({ form }: { form: LaunchForm }) {
  const field = form.getInputProps('experiment.scope_pct');
  const percent = Math.min(100, Math.max(0, numberOf(form.values.experiment.scope_pct) ?? 0));
  return (
    <div>
      <Text size="sm" fw={500}>
        Scope
      </Text>
      <Text size="xs" c="dimmed" mb={4}>
        Chaos touches so many percent of the processes, chosen by roll; the others run as if there were none.
      </Text>
      <Group wrap="nowrap" gap="md" align="flex-start">
        <Slider
          flex={1}
          mt={9}
          size={5}
          thumbSize={16}
          label={null}
          value={percent}
          onChange={field.onChange}
          thumbLabel="Scope %, slider"
          thumbValueText={(value) => `${value} percent`}
        />
        <NumberInput
          {...field}
          w={104}
          size="xs"
          aria-label="Scope %"
          min={0}
          max={100}
          decimalScale={3}
          clampBehavior="none"
          suffix=" %"
          selectAllOnFocus
        />
      </Group>
    </div>
  );
}

const METRICS = Object.entries(STOP_LABELS).map(([value, { label }]) => ({ value, label }));
const ACTIONS = Object.entries(STOP_ACTIONS).map(([value, label]) => ({ value, label }));

function StopConditions({ form }: { form: LaunchForm }) {
  const rows = form.values.experiment.stop_conditions;
  const path = 'experiment.stop_conditions';
  return (
    <div data-testid="stop-conditions">
      <Text size="sm" fw={500}>
        Stop conditions
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        Watched while the batch runs. What was injected until then stands; the work goes on either way.
      </Text>
      <Stack gap="xs">
        {rows.map((row, index) => (
          <StopConditionRow key={row.key} form={form} row={row} index={index} />
        ))}
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={rows.length >= MAX_STOP_CONDITIONS}
          onClick={() => form.insertListItem(path, nextStopRow(rows))}
        >
          Add a stop condition
        </Button>
      </Stack>
    </div>
  );
}

function StopConditionRow({ form, row, index }: { form: LaunchForm; row: StopRow; index: number }) {
  const path = `experiment.stop_conditions.${index}`;
  const name = `Stop condition ${index + 1}`;
  return (
    <div className={classes.stop}>
      <Select
        aria-label={`${name}: what is watched`}
        data={METRICS}
        value={row.metric}
        onChange={(value) => form.setFieldValue(`${path}.metric`, (value ?? row.metric) as StopMetric)}
        allowDeselect={false}
        size="xs"
      />
      <NumberInput
        {...form.getInputProps(`${path}.above`)}
        aria-label={`${name}: above`}
        prefix="above "
        suffix={` ${STOP_LABELS[row.metric].unit}`}
        min={0}
        clampBehavior="none"
        thousandSeparator=","
        size="xs"
      />
      <Select
        aria-label={`${name}: what follows`}
        data={ACTIONS}
        value={row.action}
        onChange={(value) => form.setFieldValue(`${path}.action`, (value ?? row.action) as StopAction)}
        allowDeselect={false}
        size="xs"
      />
      <Button
        variant="subtle"
        color="gray"
        size="xs"
        px={6}
        aria-label={`${name}: remove`}
        onClick={() => form.removeListItem('experiment.stop_conditions', index)}
      >
        <IconTrash size={15} aria-hidden />
      </Button>
    </div>
  );
}
