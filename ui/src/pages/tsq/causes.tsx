// The items by cause, with the share of each. Choosing a cause filters the list.

import { Box, Button, Progress, Text } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { TsqGroup } from '../../../../src/http/contract.ts';
import { type TsqFilter, tsqGroupsQuery } from '../../api/tsq.ts';
import { formatCount, formatPercent, pluralize } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { CHAOS_COLOR } from '../../parts/status.ts';
import { Ago } from '../../parts/time.tsx';
import type { TsqSearch } from './search.ts';
import classes from './tsq-page.module.css';

const route = getRouteApi('/tsq');
/** Shown at first. */
const FIRST = 5;

/** Nothing when there are no items: the list below says so. */
export function Causes() {
  const { cursor: _cursor, job: _job, error_group: _group, ...filter } = route.useSearch();
  const { data } = useQuery(tsqGroupsQuery(filter satisfies TsqFilter));
  const [all, setAll] = useState(false);
  if (!data || data.groups.length === 0) return null;
  const { groups, count } = data;
  return (
    <Box mb="md">
      <Panel
        title="By cause"
        testId="tsq-causes"
        actions={
          <Text size="sm" c="dimmed">
            {pluralize(count, 'item')}
          </Text>
        }
      >
        <ul className={classes.causes}>
          {groups.slice(0, all ? undefined : FIRST).map((group) => (
            <Cause key={keyOf(group)} group={group} total={count} />
          ))}
        </ul>
        {groups.length > FIRST && (
          <Button size="compact-xs" variant="subtle" mt="xs" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${formatCount(groups.length)}`}
          </Button>
        )}
      </Panel>
    </Box>
  );
}

const keyOf = ({ error_group, injected, domain, type }: TsqGroup) => [error_group, injected, domain, type].join('/');

function Cause({ group, total }: { group: TsqGroup; total: number }) {
  const search = route.useSearch();
  const { error_group, injected, domain, type } = group;
  const chosen = error_group === search.error_group;
  const share = total > 0 ? (group.count / total) * 100 : 0;
  return (
    <li className={classes.cause} data-chosen={chosen || undefined} data-injected={group.injected}>
      <span className={classes.causeName}>
        {group.injected && (
          <IconBolt size={14} stroke={2} color={`var(--mantine-color-${CHAOS_COLOR}-text)`} aria-label="Injected" />
        )}
        <LinkTo
          to="/tsq"
          search={chosen ? without(search) : { ...without(search), error_group, injected, domain, type }}
          aria-current={chosen || undefined}
          inherit
          fw={600}
          c="inherit"
        >
          {group.error_code ?? 'Unknown error'}
        </LinkTo>
        <Hint span truncate>
          {group.type}
        </Hint>
      </span>
      <span className={classes.causeCount}>
        <b>{formatCount(group.count)}</b> <Hint span>{formatPercent(share)}</Hint>
      </span>
      <Progress
        className={classes.share}
        size={5}
        value={share}
        color={group.injected ? CHAOS_COLOR : 'orange'}
        aria-label={`Share of ${group.error_code ?? 'unknown errors'}`}
      />
      <Hint lineClamp={1} style={{ overflowWrap: 'anywhere' }}>
        {group.sample_message ?? 'No message was given.'}
      </Hint>
      <Hint ta="end" style={{ whiteSpace: 'nowrap' }}>
        newest <Ago at={group.newest_at} />
      </Hint>
    </li>
  );
}

/** The search without the chosen cause, from its first page. */
function without({ error_group, cursor: _cursor, ...search }: TsqSearch): TsqSearch {
  if (error_group === undefined) return search;
  const { injected: _injected, domain: _domain, type: _type, ...rest } = search;
  return rest;
}
