// Behavior documents as badges: of one command, or step by step with equal steps grouped.

import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import type { CommandBehavior } from '../../../src/http/contract.ts';
import { useProcessType } from '../api/service.ts';
import { describeBehavior, stepBehavior } from './behavior.ts';
import { humanize } from './format.ts';
import { Hint } from './hint.tsx';
import { Note } from './panel.tsx';
import { CHAOS_COLOR } from './status.ts';

type Behavior = Record<string, unknown> | null;

export function CommandChaos({ behavior }: { behavior: Behavior }) {
  const isEmpty = describeBehavior(behavior as CommandBehavior | null).length === 0;
  return <div data-testid="behavior">{isEmpty ? <NoChaos what="it" /> : <Details behavior={behavior} />}</div>;
}

export interface BehaviorListProps {
  behavior: Behavior;
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
  return (
    <Stack gap="sm" data-testid="behavior">
      {steps.length === 0 && <NoChaos what="every step" />}
      {[...groups.values()].map((group) => (
        <div key={group.join()} data-step={group.join(' ')}>
          <Text size="sm" fw={500} mb={4}>
            {group.map(humanize).join(', ')}
          </Text>
          <Details behavior={stepBehavior(behavior, group[0] ?? '')} />
        </div>
      ))}
    </Stack>
  );
}

function NoChaos({ what }: { what: string }) {
  return <Note>None: {what} runs without injected faults.</Note>;
}

function Details({ behavior }: { behavior: CommandBehavior | null }) {
  return (
    <>
      <Group gap={6}>
        <BehaviorBadges labels={describeBehavior(behavior)} />
      </Group>
      {behavior?.error_message && <Hint mt={4}>Message: {behavior.error_message}</Hint>}
      {behavior?.send_response && behavior.response_data && (
        <Hint mt={4} style={{ overflowWrap: 'anywhere' }}>
          Response: <Code>{JSON.stringify(behavior.response_data)}</Code>
        </Hint>
      )}
    </>
  );
}

export function BehaviorBadges({ labels }: { labels: readonly string[] }) {
  return labels.map((label) => (
    <Badge key={label} color={CHAOS_COLOR} variant="light" size="sm">
      {label}
    </Badge>
  ));
}
