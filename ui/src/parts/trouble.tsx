// What is wrong with a command or a process, and, while it waits for an operator, the verbs.

import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconTool } from '@tabler/icons-react';
import { CHAOS_COLOR } from './status.ts';
import { InjectedBadge } from './status-badge.tsx';
import { useTsqVerb } from './tsq/use-tsq-verb.ts';
import { VerbButtons } from './tsq/verb-buttons.tsx';

export interface TroubleProps {
  /** Waits for an operator. */
  waits: boolean;
  /** The command that the verbs act on. */
  commandId: string | undefined;
  error: { error_code: string | null; error_message: string | null } | undefined;
  /** The injected fault that caused it, if one did. */
  fault: string | null;
}

export function Trouble({ waits, commandId, error, fault }: TroubleProps) {
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
          {error?.error_code && <Code>{error.error_code}</Code>}
          {fault && <InjectedBadge fault={fault} />}
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {error?.error_message}
          </Text>
        </Group>
        {waits && commandId && <Verbs commandId={commandId} />}
      </Stack>
    </Alert>
  );
}

function Verbs({ commandId }: { commandId: string }) {
  return <VerbButtons commandIds={[commandId]} runner={useTsqVerb()} />;
}
