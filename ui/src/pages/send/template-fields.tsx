// The fields of a command, the same for one and for many: its target, chaos, policy, time and reply.

import { Autocomplete, Button, Group, SimpleGrid, Stack, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { LIMITS } from '../../../../src/model/limits.ts';
import { ChaosFields } from '../../parts/chaos/chaos-fields.tsx';
import { type AnyForm, fieldsOf } from '../../parts/form/fields.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { PolicyFields } from '../../parts/form/policy-fields.tsx';
import { formatDuration, parseDuration } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { DEADLINE_LABELS } from '../../parts/status.ts';
import type { TemplateValues } from './form.ts';
import { COMMAND_PRESETS } from './presets.ts';
import { useKnownTypes } from './use-known-types.ts';

type TemplateForm = AnyForm & { values: TemplateValues };

export interface TemplateFieldsProps {
  form: TemplateForm;
  title: string;
  /** Another field of the reply. */
  extra?: ReactNode;
}

export function TemplateFields({ form, title, extra }: TemplateFieldsProps) {
  const { number } = fieldsOf(form);
  return (
    <>
      <Panel title={title}>
        <TargetFields form={form} />
      </Panel>
      <Panel title="Chaos" actions={<Presets form={form} />}>
        <ChaosFields form={form} path="chaos" step="command" chaos={form.values.chaos} />
      </Panel>
      <Panel title="Attempts and leases">
        <Stack>
          <PolicyFields form={form} />
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            {number('jitter_pct', 'Jitter (%)', 'shortens delays, at most', LIMITS.jitter_pct)}
            {number('priority', 'Priority', '0 first, 9 last', LIMITS.priority, { placeholder: 'the default' })}
          </SimpleGrid>
        </Stack>
      </Panel>
      <TimeAndReply form={form} extra={extra} />
    </>
  );
}

function TargetFields({ form }: { form: TemplateForm }) {
  const { domains, typesOf } = useKnownTypes();
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Autocomplete
          {...form.getInputProps('domain')}
          label="Domain"
          description="its workers run the command"
          data={domains}
          withAsterisk
        />
        <Autocomplete
          {...form.getInputProps('type')}
          label="Command type"
          description="a handler of the domain"
          data={typesOf(form.values.domain.trim())}
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

function Presets({ form }: { form: TemplateForm }) {
  return (
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
  );
}

function TimeAndReply({ form, extra }: Omit<TemplateFieldsProps, 'title'>) {
  const { text, select } = fieldsOf(form);
  const { delay, deadline } = form.values;
  const deadlineHint = describeDuration(deadline, 'settled within', 'none');
  return (
    <Panel title="Time and reply">
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {text('delay', 'Delay', describeDuration(delay, 'not before', 'at once'), '30 s')}
          {text('deadline', 'Deadline', deadlineHint, '5 min')}
          {select('on_deadline', 'At the deadline', 'if not yet settled', DEADLINE_LABELS, !deadline.trim())}
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {text('reply_to', 'Reply to', 'a queue; empty for no reply', 'my-replies')}
          {text('correlation_id', 'Correlation id', 'a UUID, returned in the reply')}
          {extra}
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}

function describeDuration(text: string, prefix: string, none: string): string {
  const ms = parseDuration(text);
  return ms === null ? none : `${prefix} ${formatDuration(ms)}`;
}
