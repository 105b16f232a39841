// What waits for an operator, grouped by error; injected and real errors apart.

import { Text } from '@mantine/core';
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
import classes from './dashboard.module.css';

type Group = Overview['tsq_groups'][number];

export function TsqGroups() {
  const overview = useQuery(overviewQuery);
  return (
    <Panel title="Troubleshooting by error" testId="tsq-groups">
      <QueryView query={overview}>{(data) => <GroupList groups={data.tsq_groups} />}</QueryView>
    </Panel>
  );
}

function GroupList({ groups }: { groups: Group[] }) {
  if (groups.length === 0) {
    return <Empty small icon={IconCircleCheck} title="Nothing waits for an operator" />;
  }
  return (
    <ul className={classes.groups}>
      {groups.map((group) => (
        <GroupRow key={`${group.error_group}/${group.injected}`} group={group} />
      ))}
    </ul>
  );
}

function GroupRow({ group }: { group: Group }) {
  const [code, message] = splitGroup(group.error_group);
  return (
    <li className={classes.group} data-injected={group.injected}>
      <LinkTo to="/tsq" search={{ error_code: code, injected: group.injected }} inherit truncate c="inherit" fw={500}>
        {group.injected && (
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
      <span className={classes.groupCount}>{formatCount(group.count)}</span>
      <span className={classes.groupText}>{message}</span>
      <Text size="xs" c={group.injected ? CHAOS_COLOR : 'red'} ta="end">
        {group.injected ? 'injected' : 'real'}
      </Text>
    </li>
  );
}

/** The group is `CODE: message without ids and numbers`. */
function splitGroup(errorGroup: string): [string, string] {
  const at = errorGroup.indexOf(': ');
  return at === -1 ? [errorGroup, ''] : [errorGroup.slice(0, at), errorGroup.slice(at + 2)];
}
