// The progress of the verdict on a large batch.

import { Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { REFRESH } from '../../api/refresh.ts';
import { verdictProgressQuery } from '../../api/verdicts.ts';
import { formatCount } from '../format.ts';
import { Note } from '../panel.tsx';

/** Empty while no verdict is being computed. */
export function Verifying({ batch_id }: { batch_id: string }) {
  const progress = useQuery({ ...verdictProgressQuery(batch_id), refetchInterval: REFRESH.progress_ms, gcTime: 0 });
  if (!progress.data?.verifying) return null;
  const { verified, total } = progress.data;
  const figures = `${formatCount(verified)} of ${formatCount(total)}`;
  return (
    <Stack gap={6} p="md" data-testid="verifying">
      <Group justify="space-between">
        <Text size="sm">Replaying every process</Text>
        <Note>{figures}</Note>
      </Group>
      <Progress size={6} value={total > 0 ? (verified / total) * 100 : 0} aria-label={`Verified ${figures}`} animated />
    </Stack>
  );
}
