// How far the verdict on a large batch has come, for whoever waits for it.

import { Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { REFRESH } from '../../api/refresh.ts';
import { verdictProgressQuery } from '../../api/verdicts.ts';
import { formatCount } from '../format.ts';

/** Nothing while none is being given. `waiting`: somebody is waiting for one; only then it is asked about. */
export function Judging({ batch_id, waiting }: { batch_id: string; waiting: boolean }) {
  const progress = useQuery({
    ...verdictProgressQuery(batch_id),
    enabled: waiting,
    refetchInterval: REFRESH.progress_ms,
  });
  if (!waiting || !progress.data?.judging) return null;
  const { judged, total } = progress.data;
  const figures = `${formatCount(judged)} of ${formatCount(total)}`;
  return (
    <Stack gap={6} p="md" data-testid="judging">
      <Group justify="space-between">
        <Text size="sm">Replaying every process</Text>
        <Text size="sm" c="dimmed">
          {figures}
        </Text>
      </Group>
      <Progress size={6} value={total > 0 ? (judged / total) * 100 : 0} aria-label={`Judged ${figures}`} animated />
    </Stack>
  );
}
