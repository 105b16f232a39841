// Sending one command. Prefilled from another by ?clone=.

import { SimpleGrid, Skeleton, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { commandDetailQuery, sendCommand } from '../../api/commands.ts';
import { configQuery } from '../../api/service.ts';
import { shortId } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { type Defaults, initialTemplate, type SendValues, toCommand, validateCommand } from './form.ts';
import { focusFirstInvalid, SendHead, SendLayout } from './send-layout.tsx';
import { ChaosSection, PolicySection, TargetFields, TimeSection } from './template-fields.tsx';
import { useSend } from './use-send.tsx';

const route = getRouteApi('/commands/new');

export default function SendOnePage() {
  const { clone } = route.useSearch();
  const config = useQuery(configQuery);
  const original = useQuery({
    ...commandDetailQuery(clone ?? ''),
    enabled: clone !== undefined,
    staleTime: Infinity,
    refetchInterval: false,
  });
  return (
    <>
      <SendHead title={clone ? `Send command, like ${shortId(clone)}` : 'Send command'} many={false} />
      <QueryView query={config} skeleton={<FormSkeleton />}>
        {({ defaults }) =>
          clone ? (
            <QueryView query={original} skeleton={<FormSkeleton />}>
              {(command) => <SendOneForm defaults={defaults} original={command} />}
            </QueryView>
          ) : (
            <SendOneForm defaults={defaults} />
          )
        }
      </QueryView>
    </>
  );
}

function SendOneForm({ defaults, original }: { defaults: Defaults; original?: CommandDetail }) {
  const navigate = useNavigate();
  const form = useForm<SendValues>({
    initialValues: { ...initialTemplate(defaults, original), command_id: '' },
    validate: validateCommand,
    validateInputOnBlur: true,
  });
  const { send, busy, refusal } = useSend({
    send: sendCommand,
    subject: (command) => command.type ?? 'command',
    onSent: ({ command_id }, toast) => {
      toast.done('Sent', `Command ${shortId(command_id)}`);
      return navigate({ to: '/commands/$id', params: { id: command_id } });
    },
    fields: Object.keys(form.values),
    onFieldErrors: (errors) => {
      form.setErrors(errors);
      focusFirstInvalid();
    },
  });
  const valid = Object.keys(validateCommand(form.values)).length === 0;
  return (
    <SendLayout
      onSubmit={form.onSubmit((values) => send(toCommand(values, defaults)), focusFirstInvalid)}
      chaos={form.values.chaos}
      label={`Send ${form.values.type.trim() || 'command'}`}
      path="/commands"
      request={valid ? toCommand(form.values, defaults) : null}
      busy={busy}
      refusal={refusal}
    >
      <Panel title="What to send">
        <TargetFields form={form} />
      </Panel>
      <ChaosSection form={form} />
      <PolicySection form={form} />
      <TimeSection form={form}>
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
          <TextInput
            {...form.getInputProps('reply_to')}
            label="Reply to"
            description="a queue; empty for no reply"
            placeholder="my-replies"
            size="sm"
          />
          <TextInput
            {...form.getInputProps('correlation_id')}
            label="Correlation id"
            description="a UUID, given back in the reply"
            size="sm"
          />
          <TextInput
            {...form.getInputProps('command_id')}
            label="Command id"
            description="a UUID; sent twice, it runs once"
            placeholder="drawn when empty"
            size="sm"
          />
        </SimpleGrid>
      </TimeSection>
    </SendLayout>
  );
}

export function FormSkeleton() {
  return (
    <Stack>
      <Skeleton height={240} />
      <Skeleton height={320} />
      <Skeleton height={120} />
    </Stack>
  );
}
