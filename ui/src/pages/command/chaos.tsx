// The chaos that was asked for with a command, readable.

import { Badge, Code, Group, Text } from '@mantine/core';
import type { CommandBehavior } from '../../../../src/http/contract.ts';
import { describeBehavior } from '../../parts/behavior.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';

export function CommandChaos({ behavior }: { behavior: Record<string, unknown> | null }) {
  const document = behavior as CommandBehavior | null;
  const words = describeBehavior(document);
  if (words.length === 0) {
    return (
      <Text size="sm" c="dimmed" data-testid="behavior">
        None: it runs as if chaos did not exist.
      </Text>
    );
  }
  return (
    <div data-testid="behavior">
      <Group gap={6}>
        {words.map((word) => (
          <Badge key={word} color={CHAOS_COLOR} variant="light" size="sm">
            {word}
          </Badge>
        ))}
      </Group>
      {document?.error_message && (
        <Text size="xs" c="dimmed" mt={6}>
          Message: {document.error_message}
        </Text>
      )}
      {document?.send_response && document.response_data && (
        <Text size="xs" c="dimmed" mt={6} style={{ overflowWrap: 'anywhere' }}>
          Response: <Code>{JSON.stringify(document.response_data)}</Code>
        </Text>
      )}
    </div>
  );
}
