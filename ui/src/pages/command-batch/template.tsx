// What the commands of the batch have in common: chaos, policy, payload, and the sender's custom data.

import { SimpleGrid } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { CommandChaos } from '../../parts/behavior-list.tsx';
import { formatDuration } from '../../parts/format.ts';
import { Seed } from '../../parts/id.tsx';
import { DocumentPairs, JsonView, Pair, Pairs } from '../../parts/json-view.tsx';
import { Heading, Panel } from '../../parts/panel.tsx';

export function BatchTemplate({ batch }: { batch: CommandBatchDetail }) {
  const payload = batch.template?.payload;
  return (
    <Panel title={batch.template ? 'Each command' : 'Settings'} testId="batch-template">
      <SimpleGrid minColWidth="17rem" autoFlow="auto-fit" spacing="xl">
        {batch.template && (
          <Part title="Chaos">
            <CommandChaos behavior={batch.behavior} />
          </Part>
        )}
        <Part title="Policy">
          <Pairs>
            {batch.type && <Pair name="Type">{`${batch.domain}, ${batch.type}`}</Pair>}
            <Pair name="Attempts">{batch.retry.max_attempts}</Pair>
            <Pair name="Delays">
              {batch.retry.backoff_ms.map(formatDuration).join(', ')}
              {batch.retry.jitter_pct > 0 && `, up to ${batch.retry.jitter_pct} % shorter`}
            </Pair>
            <Pair name="Lease">{formatDuration(batch.lease_ms)}</Pair>
            <Pair name="Seed">
              <Seed seed={batch.seed} />
            </Pair>
          </Pairs>
        </Part>
        {isFilled(payload) && (
          <Part title="Payload">
            <JsonView value={payload} label="Payload" />
          </Part>
        )}
        {batch.custom && (
          <Part title="Custom data">
            <DocumentPairs value={batch.custom} />
          </Part>
        )}
      </SimpleGrid>
    </Panel>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

function isFilled(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && Object.keys(payload).length > 0;
}
