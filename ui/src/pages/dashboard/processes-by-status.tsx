// How many processes have each status, with links to their lists.

import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Overview } from '../../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../../src/model/process.ts';
import { overviewQuery } from '../../api/stats.ts';
import { formatCount } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { StackedBar, Swatch } from '../../parts/stacked-bar.tsx';
import { barColor, PROCESS_DISPLAY } from '../../parts/status.ts';

const ORDER = Object.keys(PROCESS_DISPLAY) as ProcessStatus[];

export function ProcessesByStatus() {
  const overview = useQuery(overviewQuery);
  return (
    <Panel title="Processes" testId="processes-by-status">
      <QueryView query={overview}>{(data) => <StatusList processes={data.processes} />}</QueryView>
    </Panel>
  );
}

function StatusList({ processes }: { processes: Overview['processes'] }) {
  const parts = ORDER.map((status) => ({
    key: status,
    label: PROCESS_DISPLAY[status].label,
    color: barColor(PROCESS_DISPLAY[status].color),
    value: processes[status] ?? 0,
  }));
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <Stack gap="md">
      <StackedBar parts={parts} total={total} label="Processes by status" size={14} />
      <Stack gap={7} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {parts.map((part) => (
          <Group key={part.key} component="li" gap="sm" wrap="nowrap" data-status={part.key}>
            <Swatch color={part.color} />
            <LinkTo to="/processes" search={{ status: part.key }} size="sm" c="inherit" flex={1}>
              {part.label}
            </LinkTo>
            <Text size="sm" fw={600} c={part.value === 0 ? 'dimmed' : undefined}>
              {formatCount(part.value)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Stack>
  );
}
