// Sends one command. Prefilled from another by ?clone=.

import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { commandDetailQuery, commandKeys, sendCommand } from '../../api/commands.ts';
import { fieldsOf } from '../../parts/form/fields.tsx';
import { focusFirstInvalid } from '../../parts/form/form-frame.tsx';
import { Prefilled, READ_ONCE } from '../../parts/form/prefilled.tsx';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { shortId } from '../../parts/format.ts';
import { type Defaults, initialTemplate, type SendValues, sendPath, toCommand, validateCommand } from './form.ts';
import { SendFrame, SendHead } from './send-frame.tsx';
import { TemplateFields } from './template-fields.tsx';

const route = getRouteApi('/commands/new');

export default function SendOnePage() {
  const { clone } = route.useSearch();
  const original = useQuery({ ...commandDetailQuery(clone ?? ''), ...READ_ONCE, enabled: clone !== undefined });
  return (
    <>
      <SendHead title={clone ? `Send command, like ${shortId(clone)}` : 'Send command'} many={false} />
      <Prefilled original={clone ? original : null}>
        {({ defaults }, command) => <SendOneForm defaults={defaults} original={command} />}
      </Prefilled>
    </>
  );
}

function SendOneForm({ defaults, original }: { defaults: Defaults; original: CommandDetail | undefined }) {
  const navigate = useNavigate();
  const form = useForm<SendValues>({
    initialValues: { ...initialTemplate(defaults, original), command_id: '' },
    validate: validateCommand,
    validateInputOnBlur: true,
  });
  const { text } = fieldsOf(form);
  const submission = useSubmit({
    form,
    send: sendCommand,
    doing: ({ type = 'command' }) => `Sending ${type}`,
    onDone: ({ command_id }, toast) => {
      toast.done('Sent', `Command ${shortId(command_id)}`);
      return navigate({ to: '/commands/$id', params: { id: command_id } });
    },
    pathOf: (path) => sendPath(path, form.values),
    onErrors: focusFirstInvalid,
    affects: [commandKeys.all],
  });
  const isValid = Object.keys(validateCommand(form.values)).length === 0;
  return (
    <SendFrame
      onSubmit={form.onSubmit((values) => submission.submit(toCommand(values, defaults)), focusFirstInvalid)}
      submission={submission}
      chaos={form.values.chaos}
      label={`Send ${form.values.type.trim() || 'command'}`}
      path="/commands"
      request={isValid ? toCommand(form.values, defaults) : null}
    >
      <TemplateFields
        form={form}
        title="What to send"
        extra={text('command_id', 'Command id', 'a UUID; sent twice, it runs once', 'drawn when empty')}
      />
    </SendFrame>
  );
}
