// The load of a worker: a bar and its figures.

import { Group, Progress, Text } from '@mantine/core';
import type { Worker } from '../../../src/http/contract.ts';
import { formatCount, pluralize } from './format.ts';

export function WorkerSlots({ worker }: { worker: Worker }) {
  const used = worker.in_flight;
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress
        value={worker.slots > 0 ? (used / worker.slots) * 100 : 0}
        w={72}
        size={8}
        aria-label={`${used} of ${worker.slots} slots in use`}
      />
      <Text span inherit>
        {formatCount(used)} of {formatCount(worker.slots)}
        {worker.hanging > 0 && (
          <Text span inherit c="dimmed">
            {' '}
            + {pluralize(worker.hanging, 'hanging', 'hanging')}
          </Text>
        )}
      </Text>
    </Group>
  );
}
