// Sending many commands as one batch. Prefilled from another batch by ?clone=.

import { SegmentedControl, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { commandBatchDetailQuery, createCommandBatch } from '../../api/command-batches.ts';
import { configQuery } from '../../api/service.ts';
import { CountField } from '../../parts/form/count-field.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { pluralize, shortId } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { followBatch } from './follow-batch.tsx';
import type { Defaults } from './form.ts';
import { type Content, countOf, initialMany, type ManyValues, toBatch, validateMany } from './many-form.ts';
import { FormSkeleton } from './one-page.tsx';
import { focusFirstInvalid, SendHead, SendLayout } from './send-layout.tsx';
import { ChaosSection, PolicySection, TargetFields, TimeSection } from './template-fields.tsx';
import { useSend } from './use-send.tsx';

const route = getRouteApi('/command-batches/new');

export default function SendManyPage() {
  const { clone } = route.useSearch();
  const config = useQuery(configQuery);
  const original = useQuery({
    ...commandBatchDetailQuery(clone ?? ''),
    enabled: clone !== undefined,
    staleTime: Infinity,
    refetchInterval: false,
  });
  const title = clone ? `Send commands, like ${original.data?.name ?? shortId(clone)}` : 'Send commands';
  return (
    <>
      <SendHead title={title} many />
      <QueryView query={config} skeleton={<FormSkeleton />}>
        {({ defaults }) =>
          clone ? (
            <QueryView query={original} skeleton={<FormSkeleton />}>
              {(batch) => <SendManyForm defaults={defaults} original={batch} />}
            </QueryView>
          ) : (
            <SendManyForm defaults={defaults} />
          )
        }
      </QueryView>
    </>
  );
}

function SendManyForm({ defaults, original }: { defaults: Defaults; original?: CommandBatchDetail }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm<ManyValues>({
    initialValues: initialMany(defaults, original),
    validate: (values) => validateMany(values),
    validateInputOnBlur: true,
  });
  const { values } = form;
  const { send, busy, refusal } = useSend({
    send: createCommandBatch,
    subject: () => subjectOf(values),
    onSent: (answer, toast) => {
      if (answer.total_count > 0) followBatch(queryClient, answer, toast);
      else toast.done('Batch opened', 'It takes commands until it is closed.');
      return navigate({ to: '/command-batches/$id', params: { id: answer.batch_id } });
    },
    fields: Object.keys(values),
    onFieldErrors: (errors) => {
      form.setErrors(errors);
      focusFirstInvalid();
    },
  });
  const valid = Object.keys(validateMany(values)).length === 0;
  const templated = values.content === 'count';
  return (
    <SendLayout
      onSubmit={form.onSubmit((valid) => send(toBatch(valid, defaults)), focusFirstInvalid)}
      chaos={templated ? values.chaos : null}
      label={values.content === 'open' ? 'Open the batch' : `Send ${subjectOf(values)}`}
      note={NOTES[values.content]}
      path="/command-batches"
      request={valid ? toBatch(values, defaults) : null}
      busy={busy}
      refusal={refusal}
    >
      <Panel title="The batch">
        <Stack gap="lg">
          <SegmentedControl
            {...form.getInputProps('content')}
            size="xs"
            aria-label="What it holds"
            style={{ alignSelf: 'flex-start' }}
            data={[
              { value: 'count', label: 'Many alike' },
              { value: 'list', label: 'A list' },
              { value: 'open', label: 'Nothing yet' },
            ]}
          />
          {templated && (
            <CountField
              label="Commands"
              max={LIMITS.batch_count.max}
              {...form.getInputProps('count')}
              value={values.count}
            />
          )}
          {values.content === 'list' && (
            <JsonField
              {...form.getInputProps('commands')}
              value={values.commands}
              label="Commands"
              description={`a JSON array of 1 to ${LIMITS.request_commands.max.toLocaleString('en-US')}; all are sent, or none`}
              placeholder='[{"type": "TestCommand", "payload": {"account": 7}}, {"type": "TestCommand"}]'
              minRows={8}
              withAsterisk
            />
          )}
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
            <TextInput
              {...form.getInputProps('name')}
              label="Name"
              description="to find it again; may stay empty"
              placeholder="Nightly run, rehearsal 3"
              size="sm"
            />
            <TextInput
              {...form.getInputProps('batch_reply_to')}
              label="Tell its end to"
              description="a queue; empty for nobody"
              placeholder="batch-ends"
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
          <JsonField
            {...form.getInputProps('custom')}
            value={values.custom}
            label="Custom data"
            description="a JSON object of your own, shown with the batch; may stay empty"
            placeholder='{"ordered_by": "month end"}'
            minRows={2}
          />
        </Stack>
      </Panel>
      {templated && (
        <>
          <Panel title="Each command">
            <TargetFields form={form} />
          </Panel>
          <ChaosSection form={form} />
          <PolicySection form={form} />
          <TimeSection form={form}>
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
              <TextInput
                {...form.getInputProps('reply_to')}
                label="Reply to"
                description="a queue; empty for no replies"
                placeholder="my-replies"
                size="sm"
              />
              <TextInput
                {...form.getInputProps('correlation_id')}
                label="Correlation id"
                description="a UUID, given back in every reply"
                size="sm"
              />
            </SimpleGrid>
          </TimeSection>
        </>
      )}
    </SendLayout>
  );
}

const NOTES: Record<Content, string> = {
  count: 'Answered at once; the workers create the commands, and the page of the batch shows how far they are.',
  list: 'Each command says its own type, payload, behavior and reply queue, as POST /commands takes it.',
  open: 'It takes commands until somebody closes it, and does not end before.',
};

function subjectOf(values: ManyValues): string {
  const count = countOf(values);
  return count === null ? 'commands' : count === 0 ? 'an empty batch' : pluralize(count, 'command');
}
