// The input of the batch, and the policy of its commands.

import { SimpleGrid } from '@mantine/core';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { inputNames, useProcessType } from '../../api/service.ts';
import { formatDuration } from '../../parts/format.ts';
import { Seed } from '../../parts/id.tsx';
import { DocumentPairs, Pair, Pairs } from '../../parts/json-view.tsx';
import { Heading, Panel } from '../../parts/panel.tsx';

export function BatchSettings({ batch }: { batch: BatchDetail }) {
  const { retry } = batch;
  const type = useProcessType(batch.process_type);
  return (
    <Panel title="Settings" testId="batch-settings">
      <SimpleGrid minColWidth="17rem" autoFlow="auto-fit" spacing="xl">
        <div>
          <Heading>Input</Heading>
          <DocumentPairs value={batch.input} first={inputNames(type)} />
        </div>
        <div>
          <Heading>Policy</Heading>
          <Pairs>
            <Pair name="Process">{batch.process_type ?? 'none'}</Pair>
            <Pair name="Seed">
              <Seed seed={batch.seed} />
            </Pair>
            <Pair name="Attempts">{retry.max_attempts}</Pair>
            <Pair name="Delays">{retry.backoff_ms.map(formatDuration).join(', ')}</Pair>
            <Pair name="Lease">{formatDuration(batch.lease_ms)}</Pair>
          </Pairs>
        </div>
      </SimpleGrid>
    </Panel>
  );
}
