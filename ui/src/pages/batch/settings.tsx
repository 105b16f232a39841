// What was asked for: the input, and how commands are tried.

import { Text } from '@mantine/core';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { inputNames, useProcessType } from '../../api/service.ts';
import { formatDuration } from '../../parts/format.ts';
import { CopyIcon } from '../../parts/id.tsx';
import { DocumentPairs, Pair, Pairs } from '../../parts/json-view.tsx';
import { Panel } from '../../parts/panel.tsx';
import classes from './batch.module.css';

export function BatchSettings({ batch }: { batch: BatchDetail }) {
  const { retry } = batch;
  const type = useProcessType(batch.process_type);
  return (
    <Panel title="Settings" testId="batch-settings">
      <div className={classes.settings}>
        <div>
          <Heading>Input</Heading>
          <DocumentPairs value={batch.input} first={inputNames(type)} />
        </div>
        <div>
          <Heading>Attempts</Heading>
          <Pairs>
            <Pair name="Process">{batch.process_type ?? 'none'}</Pair>
            <Pair name="Seed">
              <span className={classes.seed}>
                {batch.seed}
                <CopyIcon value={batch.seed} label="Copy seed" />
              </span>
            </Pair>
            <Pair name="Attempts">{retry.max_attempts}</Pair>
            <Pair name="Delays">{retry.backoff_ms.map(formatDuration).join(', ')}</Pair>
            <Pair name="Lease">{formatDuration(batch.lease_ms)}</Pair>
          </Pairs>
        </div>
      </div>
    </Panel>
  );
}

function Heading({ children }: { children: string }) {
  return (
    <Text size="xs" fw={600} c="dimmed" mb={8} component="h3">
      {children}
    </Text>
  );
}
