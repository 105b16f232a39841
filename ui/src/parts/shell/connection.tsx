// Whether the service responds, and which of its checks fail when it is not ready.

import { Popover, Stack, Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Health } from '../../../../src/http/contract.ts';
import { configQuery, healthQuery } from '../../api/service.ts';
import { LiveDot, type Liveness } from '../live-dot.tsx';
import classes from './shell.module.css';

export function ConnectionLight() {
  const health = useQuery(healthQuery);
  const { data: config } = useQuery(configQuery);
  const [liveness, label] = connectionState(health.data, health.isError, health.isPending);
  const checks = Object.entries(health.data?.checks ?? {});
  return (
    <Popover position="top-start" withinPortal>
      <Popover.Target>
        <UnstyledButton className={classes.quiet} data-testid="connection">
          <LiveDot liveness={liveness}>
            <span role="status">{label}</span>
          </LiveDot>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            Faultline {config?.version}
          </Text>
          {health.isError && (
            <Text size="sm">The service does not respond. The page shows the last figures it received.</Text>
          )}
          {checks.map(([name, result]) => (
            <Text size="sm" key={name}>
              {name}: {result}
            </Text>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function connectionState(health: Health | undefined, failed: boolean, pending: boolean): [Liveness, string] {
  if (failed) return ['down', 'No connection'];
  if (pending || !health) return ['still', 'Connecting'];
  return health.status === 'ok' ? ['live', 'Connected'] : ['slow', 'Not ready'];
}
