// Sends many commands as one batch. Prefilled from another batch by ?clone=.

import { SegmentedControl, SimpleGrid, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { commandBatchDetailQuery, commandBatchKeys, createCommandBatch } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { CountField } from '../../parts/form/count-field.tsx';
import { fieldsOf, optionsOf } from '../../parts/form/fields.tsx';
import { focusFirstInvalid } from '../../parts/form/form-frame.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { Prefilled, READ_ONCE } from '../../parts/form/prefilled.tsx';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { pluralize, shortId } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { CommandsField } from './commands-field.tsx';
import { followBatch } from './follow-batch.tsx';
import { type Defaults, sendPath } from './form.ts';
import { type Content, countOf, initialMany, type ManyValues, toBatch, validateMany } from './many-form.ts';
import { SendFrame, SendHead } from './send-frame.tsx';
import { TemplateFields } from './template-fields.tsx';

const route = getRouteApi('/command-batches/new');

export default function SendManyPage() {
  const { clone } = route.useSearch();
  const original = useQuery({ ...commandBatchDetailQuery(clone ?? ''), ...READ_ONCE, enabled: clone !== undefined });
  const title = clone ? `Send commands, like ${original.data?.name ?? shortId(clone)}` : 'Send commands';
  return (
    <>
      <SendHead title={title} many />
      <Prefilled original={clone ? original : null}>
        {({ defaults }, batch) => <SendManyForm defaults={defaults} original={batch} />}
      </Prefilled>
    </>
  );
}

const CONTENTS: Record<Content, string> = { count: 'Equal commands', list: 'A list', open: 'Nothing yet' };
const NOTES: Record<Content, string> = {
  count: 'The workers create the commands; the page of the batch shows their progress.',
  list: 'Each command has its own type, payload, behavior and reply queue, as in POST /commands.',
  open: 'The batch takes commands until it is closed, and ends no earlier.',
};

function SendManyForm({ defaults, original }: { defaults: Defaults; original: CommandBatchDetail | undefined }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm<ManyValues>({
    initialValues: initialMany(defaults, original),
    validate: validateMany,
    validateInputOnBlur: true,
  });
  const { values } = form;
  const { text } = fieldsOf(form);
  const submission = useSubmit({
    form,
    send: createCommandBatch,
    doing: () => `Sending ${subjectOf(values)}`,
    onDone: (answer, toast) => {
      if (answer.total_count > 0) followBatch(queryClient, answer, toast);
      else toast.done('Batch opened', 'It takes commands until it is closed.');
      return navigate({ to: '/command-batches/$id', params: { id: answer.batch_id } });
    },
    pathOf: (path) => sendPath(path, values),
    onErrors: focusFirstInvalid,
    affects: [commandKeys.all, commandBatchKeys.all],
  });
  const isValid = Object.keys(validateMany(values)).length === 0;
  const isTemplated = values.content === 'count';
  return (
    <SendFrame
      onSubmit={form.onSubmit((valid) => submission.submit(toBatch(valid, defaults)), focusFirstInvalid)}
      submission={submission}
      chaos={isTemplated ? values.chaos : null}
      label={values.content === 'open' ? 'Open the batch' : `Send ${subjectOf(values)}`}
      note={NOTES[values.content]}
      path="/command-batches"
      request={isValid ? toBatch(values, defaults) : null}
    >
      <Panel title="The batch">
        <Stack gap="lg">
          <SegmentedControl
            {...form.getInputProps('content')}
            size="xs"
            aria-label="Content"
            style={{ alignSelf: 'flex-start' }}
            data={optionsOf(CONTENTS)}
          />
          {isTemplated && <CountField form={form} label="Commands" />}
          {values.content === 'list' && (
            <CommandsField {...form.getInputProps('commands')} value={values.commands} verb="sent" minRows={8} />
          )}
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            {text('name', 'Name', 'to find it again; may stay empty', 'Nightly run, rehearsal 3')}
            {text('batch_reply_to', 'Reply when it ends', 'a queue; empty for no reply', 'batch-ends')}
            {text('seed', 'Seed', 'the same seed gives the same faults', 'drawn when empty')}
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
      {isTemplated && <TemplateFields form={form} title="Each command" />}
    </SendFrame>
  );
}

function subjectOf(values: ManyValues): string {
  const count = countOf(values);
  return count === null ? 'commands' : count === 0 ? 'an empty batch' : pluralize(count, 'command');
}
