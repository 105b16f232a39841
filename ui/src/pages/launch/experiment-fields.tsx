// The experiment of a launch: its hypothesis, the share of processes with chaos, stop conditions, and turbulence.

import { Alert, Button, NumberInput, Select, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';
import { IconInfoCircle, IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Config } from '../../../../src/http/contract.ts';
import { STOP_ACTIONS, STOP_LABELS, TURBULENCE_KINDS, TURBULENCE_LABELS } from '../../parts/experiment/experiment.ts';
import { fieldsOf, optionsOf } from '../../parts/form/fields.tsx';
import { PercentSlider } from '../../parts/form/percent-slider.tsx';
import { Hint } from '../../parts/hint.tsx';
import { Panel } from '../../parts/panel.tsx';
import { MAX_STOP_CONDITIONS, nextStopRow, type StopRow } from './experiment.ts';
import classes from './launch.module.css';
import type { LaunchForm } from './use-launch-form.ts';

export function ExperimentFields({ form, config }: { form: LaunchForm; config: Config }) {
  return (
    <Panel title="Experiment" testId="experiment">
      <Stack gap="lg">
        <Textarea
          {...form.getInputProps('experiment.hypothesis')}
          label="Hypothesis"
          description="what you expect to hold; part of the report"
          placeholder="With 10 % transient failures every statement is still delivered."
          autosize
          minRows={2}
          maxRows={8}
        />
        <Part title="Scope" hint="The percentage of processes with chaos, chosen at random; the others run without.">
          <PercentSlider {...form.getInputProps('experiment.scope_pct')} label="Scope %" />
        </Part>
        <StopConditions form={form} />
        <Turbulence form={form} allowed={config.turbulence} />
      </Stack>
    </Panel>
  );
}

function Part({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      <Hint mb={6}>{hint}</Hint>
      {children}
    </div>
  );
}

const PATH = 'experiment.stop_conditions';

function StopConditions({ form }: { form: LaunchForm }) {
  const rows = form.values.experiment.stop_conditions;
  return (
    <Part
      title="Stop conditions"
      hint="Checked while the batch runs. They stop further faults; the work itself goes on."
    >
      <Stack gap="xs">
        {rows.map((row, index) => (
          <StopConditionRow key={row.key} form={form} row={row} index={index} />
        ))}
        <Button
          variant="default"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={rows.length >= MAX_STOP_CONDITIONS}
          onClick={() => form.insertListItem(PATH, nextStopRow(rows))}
        >
          Add a stop condition
        </Button>
      </Stack>
    </Part>
  );
}

const METRICS = Object.entries(STOP_LABELS).map(([value, { label }]) => ({ value, label }));

function StopConditionRow({ form, row, index }: { form: LaunchForm; row: StopRow; index: number }) {
  const name = `Stop condition ${index + 1}`;
  const field = (key: keyof StopRow, label: string) => ({
    ...form.getInputProps(`${PATH}.${index}.${key}`),
    'aria-label': `${name}: ${label}`,
    size: 'xs',
  });
  return (
    <div className={classes.stop}>
      <Select {...field('metric', 'what is watched')} data={METRICS} allowDeselect={false} />
      <NumberInput
        {...field('above', 'above')}
        prefix="above "
        suffix={` ${STOP_LABELS[row.metric].unit}`}
        min={0}
        allowDecimal
      />
      <Select {...field('action', 'what follows')} data={optionsOf(STOP_ACTIONS)} allowDeselect={false} />
      <Button
        variant="subtle"
        color="gray"
        px={6}
        aria-label={`${name}: remove`}
        onClick={() => form.removeListItem(PATH, index)}
      >
        <IconTrash size={15} aria-hidden />
      </Button>
    </div>
  );
}

function Turbulence({ form, allowed }: { form: LaunchForm; allowed: Config['turbulence'] }) {
  const { text } = fieldsOf(form);
  const given = form.values.experiment.turbulence;
  // What a cloned batch has is shown even where it is not allowed, so that it can be removed.
  const kinds = TURBULENCE_KINDS.filter((kind) => allowed.includes(kind) || given[kind].trim());
  return (
    <Part title="Turbulence" hint="Hits the service itself at intervals, and so every batch that runs.">
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {kinds.map((kind) => {
          const { label, effect } = TURBULENCE_LABELS[kind];
          const hint = allowed.includes(kind) ? effect : 'not allowed here: leave it empty';
          return <div key={kind}>{text(`experiment.turbulence.${kind}`, `${label} every`, hint, 'never')}</div>;
        })}
        {given.pause_postgres.trim() &&
          text('experiment.pause', 'Each pause lasts', 'less than the time between two', '2 s')}
        {kinds.some((kind) => given[kind].trim()) &&
          text('experiment.lasting', 'Turbulence ends after', 'counted from the launch', 'the batch has ended')}
      </SimpleGrid>
      <NotAllowed allowed={allowed} />
    </Part>
  );
}

function NotAllowed({ allowed }: { allowed: Config['turbulence'] }) {
  const missing = TURBULENCE_KINDS.filter((kind) => !allowed.includes(kind));
  if (missing.length === 0) return null;
  const names = missing.map((kind) => TURBULENCE_LABELS[kind].label.toLowerCase()).join(', ');
  return (
    <Alert color="gray" icon={<IconInfoCircle />} mt={allowed.length > 0 ? 'sm' : 0} data-testid="turbulence-refused">
      {allowed.length === 0
        ? 'Not allowed here: Faultline must run its own PostgreSQL, or be started with --allow-turbulence.'
        : `Not allowed here: ${names}. These need the PostgreSQL that comes with Faultline.`}
    </Alert>
  );
}
