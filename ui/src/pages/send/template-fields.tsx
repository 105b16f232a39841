// The fields that say what a command is: where it goes and what it carries, how it fails, how it is tried, when it runs and who hears of it.
// The same for one command and for a hundred thousand.

import { Autocomplete, Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput, Tooltip } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import { ChaosFields } from '../../parts/chaos/chaos-fields.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { PolicyFields } from '../../parts/form/policy-fields.tsx';
import { formatDuration, parseDuration } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { DEADLINE_LABELS } from '../../parts/status.ts';
import type { TemplateValues } from './form.ts';
import { COMMAND_PRESETS } from './presets.ts';
import { useKnownTypes } from './use-known-types.ts';

/** The part of a form that these fields need, whatever else it holds. */
export interface TemplateForm {
  values: TemplateValues;
  errors: Record<string, ReactNode>;
  getInputProps: UseFormReturnType<TemplateValues>['getInputProps'];
  setFieldValue(path: string, value: unknown): void;
  validateField(path: string): unknown;
}

/** Domain, type and payload. */
export function TargetFields({ form }: { form: TemplateForm }) {
  const { domains, typesOf } = useKnownTypes();
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Autocomplete
          {...form.getInputProps('domain')}
          label="Domain"
          description="whose workers take it"
          data={domains}
          size="sm"
          withAsterisk
        />
        <Autocomplete
          {...form.getInputProps('type')}
          label="Command type"
          description="a handler of the domain"
          data={typesOf(form.values.domain.trim())}
          size="sm"
          withAsterisk
        />
      </SimpleGrid>
      <JsonField
        {...form.getInputProps('payload')}
        value={form.values.payload}
        label="Payload"
        description="a JSON object; empty for none"
        placeholder='{"account": 7}'
      />
    </Stack>
  );
}

export function ChaosSection({ form }: { form: TemplateForm }) {
  return (
    <Panel
      title="Chaos"
      actions={
        <Group gap={6} role="group" aria-label="Chaos presets">
          {COMMAND_PRESETS.map(({ key, label, hint, chaos }) => (
            <Tooltip key={key} label={hint}>
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => form.setFieldValue('chaos', chaos)}
                data-testid={`preset-${key}`}
              >
                {label}
              </Button>
            </Tooltip>
          ))}
        </Group>
      }
    >
      <ChaosFields
        step="command"
        path="chaos"
        chaos={form.values.chaos}
        errors={form.errors}
        onChange={(field, value) => form.setFieldValue(`chaos.${field}`, value)}
        onLeave={(field) => form.validateField(`chaos.${field}`)}
      />
    </Panel>
  );
}

export function PolicySection({ form }: { form: TemplateForm }) {
  return (
    <Panel title="Attempts and leases">
      <Stack gap="md">
        <PolicyFields form={form} />
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
          <NumberInput
            {...form.getInputProps('jitter_pct')}
            label="Jitter (%)"
            description="shortens delays, at most"
            min={0}
            max={100}
            allowDecimal={false}
            clampBehavior="none"
            size="sm"
          />
          <NumberInput
            {...form.getInputProps('priority')}
            label="Priority"
            description="0 goes first, 9 last"
            placeholder="the default"
            min={0}
            max={9}
            allowDecimal={false}
            clampBehavior="none"
            size="sm"
          />
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}

/** Delay and deadline; `children`: who hears of it. */
export function TimeSection({ form, children }: { form: TemplateForm; children: ReactNode }) {
  return (
    <Panel title="Time and reply">
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
          <TextInput
            {...form.getInputProps('delay')}
            label="Delay"
            description={inWords(form.values.delay, 'not before', 'at once')}
            placeholder="30 s"
            size="sm"
          />
          <TextInput
            {...form.getInputProps('deadline')}
            label="Deadline"
            description={inWords(form.values.deadline, 'settled within', 'none')}
            placeholder="5 min"
            size="sm"
          />
          <Select
            {...form.getInputProps('on_deadline')}
            label="When the deadline passes"
            description="if it is not settled by then"
            data={Object.entries(DEADLINE_LABELS).map(([value, label]) => ({ value, label }))}
            allowDeselect={false}
            disabled={!form.values.deadline.trim()}
            size="sm"
          />
        </SimpleGrid>
        {children}
      </Stack>
    </Panel>
  );
}

function inWords(text: string, word: string, none: string): string {
  const ms = text.trim() ? parseDuration(text) : null;
  return ms === null ? none : `${word} ${formatDuration(ms)}`;
}
