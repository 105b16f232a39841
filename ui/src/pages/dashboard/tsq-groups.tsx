// What waits for an operator, grouped by error; injected and real errors apart.

import { Group, Stack, Text } from '@mantine/core';
import { IconBolt, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Overview } from '../../../../src/http/contract.ts';
import { overviewQuery } from '../../api/stats.ts';
import { Empty } from '../../parts/empty.tsx';
import { formatCount } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { CHAOS_COLOR } from '../../parts/status.ts';

type TsqGroup = Overview['tsq_groups'][number];

export function TsqGroups() {
  const overview = useQuery(overviewQuery);
  return (
    <Panel title="Troubleshooting by error" testId="tsq-groups">
      <QueryView query={overview}>{(data) => <GroupList groups={data.tsq_groups} />}</QueryView>
    </Panel>
  );
}

function GroupList({ groups }: { groups: TsqGroup[] }) {
  if (groups.length === 0) {
    return <Empty small icon={IconCircleCheck} title="Nothing waits for an operator" />;
  }
  return (
    <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {groups.map((group) => (
        <GroupRow key={`${group.error_group}/${group.injected}`} group={group} />
      ))}
    </Stack>
  );
}

function GroupRow({ group: { error_group, injected, count } }: { group: TsqGroup }) {
  const [code, message] = splitGroup(error_group);
  return (
    <li data-injected={injected}>
      <Group justify="space-between" wrap="nowrap" fz="sm">
        <LinkTo to="/tsq" search={{ error_code: code, injected }} inherit truncate c="inherit" fw={500}>
          {injected && (
            <IconBolt
              size={14}
              stroke={2}
              color={`var(--mantine-color-${CHAOS_COLOR}-text)`}
              style={{ verticalAlign: -2, marginInlineEnd: 4 }}
              aria-hidden
            />
          )}
          {code}
        </LinkTo>
        <b>{formatCount(count)}</b>
      </Group>
      <Group justify="space-between" wrap="nowrap" align="baseline">
        <Text size="xs" c="dimmed" lineClamp={2}>
          {message}
        </Text>
        <Text size="xs" c={injected ? CHAOS_COLOR : 'red'}>
          {injected ? 'injected' : 'real'}
        </Text>
      </Group>
    </li>
  );
}

/** The group is `CODE: message without ids and numbers`. */
function splitGroup(errorGroup: string): [string, string] {
  const at = errorGroup.indexOf(': ');
  return at === -1 ? [errorGroup, ''] : [errorGroup.slice(0, at), errorGroup.slice(at + 2)];
}
