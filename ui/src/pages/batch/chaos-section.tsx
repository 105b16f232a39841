// The experiment and the chaos of a batch: what was requested, every change since, and the verbs to change or stop it.

import { Alert, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAdjustments, IconBoltOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { BatchDetail, BehaviorVersion } from '../../../../src/http/contract.ts';
import { REFRESH } from '../../api/refresh.ts';
import { useProcessType } from '../../api/service.ts';
import { behaviorVersionsQuery } from '../../api/verdicts.ts';
import { Action } from '../../parts/action.tsx';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import { ExperimentFacts } from '../../parts/experiment/experiment-facts.tsx';
import { Heading, Panel } from '../../parts/panel.tsx';
import { isTerminalBatch } from '../../parts/status.ts';
import { Moment } from '../../parts/time.tsx';
import { useStopInjection } from './verbs.tsx';

const AdjustChaos = lazy(() => import('./adjust-chaos.tsx'));

export function ChaosSection({ batch }: { batch: BatchDetail }) {
  const versions =
    useQuery({
      ...behaviorVersionsQuery(batch.batch_id),
      refetchInterval: isTerminalBatch(batch.status) ? false : REFRESH.list_ms,
    }).data?.items ?? [];
  const newest = versions.at(-1)?.behavior ?? batch.behavior;
  return (
    <Panel title="Experiment" testId="batch-experiment" actions={<Controls batch={batch} newest={newest} />}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        <ExperimentFacts document={batch.experiment} />
        <div>
          <Heading>{versions.length > 1 ? 'Chaos of steps sent now' : 'Chaos'}</Heading>
          <BehaviorList behavior={newest} processType={batch.process_type} />
          {versions.length > 1 && <Versions versions={versions} />}
        </div>
      </SimpleGrid>
    </Panel>
  );
}

function Controls({ batch, newest }: { batch: BatchDetail; newest: Record<string, unknown> | null }) {
  const [adjusting, adjust] = useDisclosure(false);
  const stop = useStopInjection(batch.batch_id);
  const type = useProcessType(batch.process_type);
  if (isTerminalBatch(batch.status) || batch.injection_stopped_at !== null) return null;
  return (
    <Group gap="xs">
      {batch.cancel_requested_at === null && (
        <Action icon={IconAdjustments} onClick={adjust.open} disabled={!type} data-testid="adjust-chaos">
          Adjust chaos
        </Action>
      )}
      <Action icon={IconBoltOff} c="red" onClick={stop.ask} loading={stop.busy} data-testid="stop-injection">
        Stop injection
      </Action>
      {adjusting && type && (
        <Suspense>
          <AdjustChaos batch={batch} type={type} newest={newest} onClose={adjust.close} />
        </Suspense>
      )}
      {stop.dialog}
    </Group>
  );
}

function Versions({ versions }: { versions: readonly BehaviorVersion[] }) {
  return (
    <Stack component="ol" gap={2} m={0} mt="sm" p={0} style={{ listStyle: 'none' }} data-testid="behavior-versions">
      {versions.map(({ version, at, actor, reason }) => (
        <li key={version}>
          <Text span size="xs" fw={600}>
            {version === 0 ? 'As launched' : `Change ${version}`}
          </Text>{' '}
          <Text span size="xs" c="dimmed">
            <Moment at={at} />
            {version > 0 && `, ${actor}`}
            {reason && `: ${reason}`}
          </Text>
        </li>
      ))}
    </Stack>
  );
}

export function StoppedBanner({ batch }: { batch: BatchDetail }) {
  if (batch.injection_stopped_at === null) return null;
  return (
    <Alert color="orange" icon={<IconBoltOff />} title="Injection is stopped" data-testid="injection-stopped">
      Since <Moment at={batch.injection_stopped_at} /> nothing is injected into this batch. The reason is in its audit.
    </Alert>
  );
}
