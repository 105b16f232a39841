// What is wrong with a command, and, while it waits for an operator, the verbs to help it with.

import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconTool } from '@tabler/icons-react';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { useTsqVerb } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';

export function CommandTrouble({ command }: { command: CommandDetail }) {
  const waits = command.status === 'IN_TROUBLESHOOTING_QUEUE';
  if (!waits && (!command.error_code || command.status === 'COMPLETED')) return null;
  return (
    <Alert
      mb="md"
      color={waits ? 'orange' : command.fault ? CHAOS_COLOR : 'red'}
      icon={waits ? <IconTool /> : <IconAlertTriangle />}
      title={waits ? 'Waiting for an operator' : 'What went wrong'}
      data-testid="error-box"
    >
      <Stack gap="sm">
        <Group gap="xs">
          {command.error_code && <Code>{command.error_code}</Code>}
          {command.fault && <InjectedBadge fault={command.fault} />}
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {command.error_message}
          </Text>
        </Group>
        {waits && <Verbs commandId={command.command_id} />}
      </Stack>
    </Alert>
  );
}

function Verbs({ commandId }: { commandId: string }) {
  const runner = useTsqVerb();
  return <VerbButtons commandIds={[commandId]} runner={runner} />;
}
