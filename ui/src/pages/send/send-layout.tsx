// The frame of both forms: one or many, the fields, and beside them what to expect and the button.

import { Button, Group, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { FormEventHandler, ReactNode } from 'react';
import type { Problem } from '../../../../src/http/contract.ts';
import type { StepChaos } from '../../parts/chaos/chaos.ts';
import { SplitBar } from '../../parts/chaos/split-bar.tsx';
import { expectedStep } from '../../parts/chaos/whole-process.ts';
import { CopyRequest, Refusal } from '../../parts/form/request-card.tsx';
import { formatPercent } from '../../parts/format.ts';
import { PageHead } from '../../parts/panel.tsx';
import classes from './send.module.css';

export function SendHead({ title, many }: { title: string; many: boolean }) {
  const navigate = useNavigate();
  return (
    <PageHead
      title={title}
      description={
        many
          ? 'Commands that are sent, counted and, if you like, failed on purpose together.'
          : 'A command is one piece of work: settled once, retried when it fails, answered when it is done.'
      }
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How many"
          value={many ? 'many' : 'one'}
          onChange={(value) => navigate({ to: value === 'many' ? '/command-batches/new' : '/commands/new' })}
          data={[
            { value: 'one', label: 'One command' },
            { value: 'many', label: 'Many' },
          ]}
        />
      }
    />
  );
}

export interface SendLayoutProps {
  onSubmit: FormEventHandler<HTMLFormElement>;
  /** Null where nothing is drawn, for the commands bring their own. */
  chaos: StepChaos | null;
  /** What the button says. */
  label: string;
  /** What else there is to know before it is pressed. */
  note?: ReactNode;
  path: string;
  request: unknown;
  busy: boolean;
  refusal: Problem | null;
  children: ReactNode;
}

export function SendLayout(props: SendLayoutProps) {
  const { onSubmit, chaos, label, note, path, request, busy, refusal, children } = props;
  return (
    <form onSubmit={onSubmit} noValidate data-testid="send-form">
      <div className={classes.layout}>
        <Stack gap="md" miw={0}>
          {children}
        </Stack>
        <Paper withBorder p="md" className={classes.aside} component="aside">
          <Stack gap="md">
            {chaos && <Expected chaos={chaos} />}
            {note && (
              <Text size="xs" c="dimmed" component="div">
                {note}
              </Text>
            )}
            {refusal && <Refusal problem={refusal} testId="send-refused" />}
            <Button type="submit" size="sm" leftSection={<IconSend size={16} />} loading={busy} fullWidth>
              {label}
            </Button>
            <Group justify="flex-end">
              <CopyRequest path={path} body={request} />
            </Group>
          </Stack>
        </Paper>
      </div>
    </form>
  );
}

function Expected({ chaos }: { chaos: StepChaos }) {
  return (
    <div>
      <Title order={2} size="h5">
        First attempt, as expected
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        Before any retry. {formatPercent(expectedStep(chaos, 1).passed * 100)} succeed.
      </Text>
      <SplitBar step="command" chaos={chaos} size={10} />
    </div>
  );
}

/** Brings what is wrong into view; the page of a long form may be anywhere. */
export function focusFirstInvalid(): void {
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>('[data-testid="send-form"] [aria-invalid="true"]');
    field?.scrollIntoView({ block: 'center' });
    field?.focus();
  });
}
