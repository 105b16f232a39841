// The frame of a long form: its fields, and beside them what to expect, the button, and the request to copy.

import { Button, Group, Paper, Stack } from '@mantine/core';
import type { FormEventHandler, ReactNode } from 'react';
import { Hint } from '../hint.tsx';
import classes from './form.module.css';
import { CopyRequest, Refusal } from './request-card.tsx';
import type { Submission } from './use-submit.ts';

export interface FormFrameProps {
  testId: string;
  onSubmit: FormEventHandler<HTMLFormElement>;
  submission: Pick<Submission<never>, 'busy' | 'refusal'>;
  /** Where the request is sent: `/process-batches`. */
  path: string;
  /** The request as it would be sent; null while the form is invalid. */
  request: unknown;
  /** The button. */
  icon: ReactNode;
  label: string;
  /** What to expect, above the button. */
  aside?: ReactNode;
  /** Beside the copy buttons. */
  note?: ReactNode;
  children: ReactNode;
}

export function FormFrame(props: FormFrameProps) {
  const { testId, onSubmit, submission, path, request, icon, label, aside, note, children } = props;
  const { busy, refusal } = submission;
  return (
    <form onSubmit={onSubmit} noValidate className={classes.layout} data-testid={`${testId}-form`} data-form-frame>
      <Stack miw={0}>{children}</Stack>
      <Paper withBorder p="md" className={classes.aside} component="aside">
        <Stack>
          {aside}
          {refusal && <Refusal problem={refusal} testId={`${testId}-refused`} />}
          <Button type="submit" size="sm" leftSection={icon} loading={busy} fullWidth>
            {label}
          </Button>
          <Group justify="space-between" gap="xs">
            <Hint>{note}</Hint>
            <CopyRequest path={path} body={request} />
          </Group>
        </Stack>
      </Paper>
    </form>
  );
}

/** Scrolls to the first field with an error, once the panel around it is open. */
export function focusFirstInvalid(): void {
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>('[data-form-frame] [aria-invalid="true"]');
    field?.scrollIntoView({ block: 'center' });
    // A focused date field opens its calendar, which would cover its error.
    if (!field?.hasAttribute('data-dates-input')) field?.focus();
  });
}
