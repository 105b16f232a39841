// A behavior document, readable: what is injected into a command, or into each step. Steps with equal behavior share a row.

import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import type { CommandBehavior } from '../../../src/http/contract.ts';
import { useProcessType } from '../api/service.ts';
import { describeBehavior, stepBehavior } from './behavior.ts';
import { humanize } from './format.ts';
import { Note } from './panel.tsx';
import { CHAOS_COLOR } from './status.ts';

export interface BehaviorListProps {
  behavior: Record<string, unknown> | null;
  /** Steps are listed in the order of its definition. */
  processType: string | null;
}

export function BehaviorList({ behavior, processType }: BehaviorListProps) {
  const defined = useProcessType(processType)?.steps.map((step) => step.key) ?? [];
  const steps = [...new Set([...defined, ...Object.keys(behavior ?? {})])].filter(
    (step) => describeBehavior(stepBehavior(behavior, step)).length > 0,
  );
  const groups = Map.groupBy(steps, (step) =>
    JSON.stringify(Object.entries(stepBehavior(behavior, step) ?? {}).sort()),
  );
  if (steps.length === 0) return <NoBehavior />;
  return (
    <Stack gap="sm" data-testid="behavior">
      {[...groups].map(([key, group]) => (
        <div key={key} data-step={group.join(' ')}>
          <Text size="sm" fw={500} mb={4}>
            {group.map(humanize).join(', ')}
          </Text>
          <Behavior document={stepBehavior(behavior, group[0] ?? '')} />
        </div>
      ))}
    </Stack>
  );
}

export function CommandChaos({ behavior }: { behavior: Record<string, unknown> | null }) {
  const document = behavior as CommandBehavior | null;
  if (describeBehavior(document).length === 0) return <NoBehavior />;
  return (
    <div data-testid="behavior">
      <Behavior document={document} />
    </div>
  );
}

function NoBehavior() {
  return <Note data-testid="behavior">None: nothing is injected.</Note>;
}

function Behavior({ document }: { document: CommandBehavior | null }) {
  return (
    <>
      <ChaosBadges labels={describeBehavior(document)} />
      {document?.error_message && (
        <Text size="xs" c="dimmed" mt={4}>
          Message: {document.error_message}
        </Text>
      )}
      {document?.send_response && document.response_data && (
        <Text size="xs" c="dimmed" mt={4} style={{ overflowWrap: 'anywhere' }}>
          Response: <Code>{JSON.stringify(document.response_data)}</Code>
        </Text>
      )}
    </>
  );
}

export function ChaosBadges({ labels }: { labels: readonly string[] }) {
  return (
    <Group gap={6}>
      {labels.map((label) => (
        <Badge key={label} color={CHAOS_COLOR} variant="light" size="sm">
          {label}
        </Badge>
      ))}
    </Group>
  );
}
