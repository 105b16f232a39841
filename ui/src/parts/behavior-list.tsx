// A behavior document, readable: each step with what was asked of it; steps of which the same was asked stand together.

import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import { useProcessType } from '../api/service.ts';
import { describeBehavior, stepBehavior } from './behavior.ts';
import { humanize } from './format.ts';
import { CHAOS_COLOR } from './status.ts';

export interface BehaviorListProps {
  behavior: Record<string, unknown> | null;
  /** Whose steps they are: they stand in the order of its definition. */
  processType: string | null;
}

export function BehaviorList({ behavior, processType }: BehaviorListProps) {
  const defined = useProcessType(processType)?.steps.map((step) => step.key) ?? [];
  const steps = [...new Set([...defined, ...Object.keys(behavior ?? {})])].filter(
    (step) => describeBehavior(stepBehavior(behavior, step)).length > 0,
  );
  if (steps.length === 0) {
    return (
      <Text size="sm" c="dimmed" data-testid="behavior">
        None: every step runs as if chaos did not exist.
      </Text>
    );
  }
  return (
    <Stack gap="sm" data-testid="behavior">
      {alike(behavior, steps).map((group) => (
        <StepBehavior key={group.join()} behavior={behavior} steps={group} />
      ))}
    </Stack>
  );
}

/** Steps with the same document, in the order of the first of them. */
function alike(behavior: BehaviorListProps['behavior'], steps: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const step of steps) {
    const key = JSON.stringify(Object.entries(stepBehavior(behavior, step) ?? {}).sort());
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()];
}

function StepBehavior({ behavior, steps }: Pick<BehaviorListProps, 'behavior'> & { steps: string[] }) {
  const document = stepBehavior(behavior, steps[0] ?? '');
  return (
    <div data-step={steps.join(' ')}>
      <Text size="sm" fw={500} mb={4}>
        {steps.map(humanize).join(', ')}
      </Text>
      <Group gap={6}>
        {describeBehavior(document).map((word) => (
          <Badge key={word} color={CHAOS_COLOR} variant="light" size="sm">
            {word}
          </Badge>
        ))}
      </Group>
      {document?.error_message && (
        <Text size="xs" c="dimmed" mt={4}>
          Message: {document.error_message}
        </Text>
      )}
      {document?.send_response && document.response_data && (
        <Text size="xs" c="dimmed" mt={4}>
          Response: <Code>{JSON.stringify(document.response_data)}</Code>
        </Text>
      )}
    </div>
  );
}
