// The verdict on the batch: light checks while it runs, all checks when it is at rest.

import { Button, Group, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { BatchDetail, Verdict } from '../../../../src/http/contract.ts';
import { REFRESH, unlessRefused } from '../../api/refresh.ts';
import { verdictQuery } from '../../api/verdicts.ts';
import { momentOf } from '../../parts/experiment/prediction.ts';
import { formatDuration, pluralize } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { isStill, VERDICT_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';
import { Checks } from '../../parts/verdict/checks.tsx';
import { Verifying } from '../../parts/verdict/verifying.tsx';
import { useVerifyNow } from './verbs.tsx';

/** Polled until it is complete, and read again when a process has moved. */
export function VerdictPanel({ batch }: { batch: BatchDetail }) {
  const verdict = useQuery({
    ...verdictQuery({ batch_id: batch.batch_id, moment: momentOf(batch) }),
    refetchInterval: ({ state: { data, error } }) =>
      data?.verdict === 'running' || !isStill(batch.status) ? unlessRefused(REFRESH.list_ms, error) : false,
  });
  const checking = useVerifyNow(batch);
  return (
    <Panel
      title="Verdict"
      flush
      testId="verdict"
      actions={
        <Group gap="sm">
          {verdict.data && <VerdictHead verdict={verdict.data} />}
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            leftSection={<IconRefresh size={13} aria-hidden />}
            loading={checking.isPending || (verdict.isFetching && verdict.data === undefined)}
            onClick={() => checking.mutate()}
          >
            Check now
          </Button>
        </Group>
      }
    >
      {(verdict.isFetching || checking.isPending) && isStill(batch.status) && <Verifying batch_id={batch.batch_id} />}
      <QueryView query={verdict}>{(data) => <Verified verdict={data} />}</QueryView>
    </Panel>
  );
}

/** While the batch runs, checks that need it at rest are left out: they are not skipped. */
function Verified({ verdict: { verdict, checks } }: { verdict: Verdict }) {
  const made = verdict === 'running' ? checks.filter(({ status }) => status !== 'skipped') : checks;
  return (
    <>
      <Checks checks={made} />
      {made.length < checks.length && (
        <Text size="xs" c="dimmed" px="md" py="sm">
          {pluralize(checks.length - made.length, 'more check')} when the batch is at rest: every process is replayed
          then.
        </Text>
      )}
    </>
  );
}

function VerdictHead({ verdict }: { verdict: Verdict }) {
  return (
    <>
      <Text size="xs" c="dimmed">
        <Moment at={verdict.computed_at} />, in {formatDuration(verdict.duration_ms)}
      </Text>
      <StatusBadge display={VERDICT_DISPLAY[verdict.verdict]} size="lg" testId="verdict-badge" />
    </>
  );
}
