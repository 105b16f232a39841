// What is wrong with a process, and, while it waits for an operator, the verbs to help it with.

import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconTool } from '@tabler/icons-react';
import type { ProcessDetail, ProcessStep } from '../../../../src/http/contract.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { useTsqVerb } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';

export function Trouble({ process }: { process: ProcessDetail }) {
  const waits = process.status === 'WAITING_FOR_TSQ';
  const parked = process.steps.findLast((step) => step.status === 'IN_TROUBLESHOOTING_QUEUE');
  // A process whose own code threw waits too, though its command is done: the verbs then act on the process.
  const commandId = parked?.command_id ?? process.awaiting_command_id ?? process.steps.at(-1)?.command_id;
  if (!process.error_code && !waits) return null;
  const fault = faultBehind(process, parked);
  const code = process.error_code ?? parked?.error_code;
  const message = process.error_message ?? parked?.error_message;
  return (
    <Alert
      mb="md"
      color={waits ? 'orange' : fault ? CHAOS_COLOR : 'red'}
      icon={waits ? <IconTool /> : <IconAlertTriangle />}
      title={waits ? 'Waiting for an operator' : 'What went wrong'}
      data-testid="error-box"
    >
      <Stack gap="sm">
        <Group gap="xs">
          {code && <Code>{code}</Code>}
          {fault && <InjectedBadge fault={fault} />}
          <Text size="sm">{message}</Text>
        </Group>
        {waits && commandId && <Verbs commandId={commandId} />}
      </Stack>
    </Alert>
  );
}

/** The injected fault that the error goes back to, if chaos is to blame. */
function faultBehind(process: ProcessDetail, parked: ProcessStep | undefined): string | null {
  if (parked) return parked.attempts.at(-1)?.fault ?? null;
  const attempts = process.steps.flatMap((step) => step.attempts);
  return attempts.findLast((attempt) => attempt.error_code === process.error_code)?.fault ?? null;
}

function Verbs({ commandId }: { commandId: string }) {
  const runner = useTsqVerb();
  return <VerbButtons commandIds={[commandId]} runner={runner} />;
}
