// The details of a command in troubleshooting.

import { Text } from '@mantine/core';
import type { TsqItem } from '../../../../src/http/contract.ts';
import { RowDetail } from '../../parts/expansion.tsx';
import { humanize } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { JsonView, Pair, Pairs } from '../../parts/json-view.tsx';
import { IdLink, LinkTo } from '../../parts/links.tsx';
import { labelOf, PARK_REASONS } from '../../parts/status.ts';
import { Moment } from '../../parts/time.tsx';

export function ItemDetail({ item }: { item: TsqItem }) {
  return (
    <RowDetail testId="tsq-detail">
      <div>
        <Text size="sm" mb="sm" style={{ overflowWrap: 'anywhere' }}>
          {item.error_message ?? 'No message was given.'}
        </Text>
        <Pairs>
          <Pair name="Why here">{reasonOf(item)}</Pair>
          <Pair name="Command">
            <FullId id={item.command_id} label="command id" />
          </Pair>
          <Pair name="Step">{item.step ? humanize(item.step) : 'none'}</Pair>
          <Pair name="Domain">{item.domain}</Pair>
          <Pair name="Attempts">
            {item.attempts}, {item.max_attempts} allowed at a time
          </Pair>
          <Pair name="Parked">
            <Moment at={item.parked_at} />
          </Pair>
          <Pair name="Batch">
            {item.batch_id && (
              <IdLink to={item.process_id ? '/process-batches/$id' : '/command-batches/$id'} id={item.batch_id} />
            )}
          </Pair>
          <Pair name="Audit">
            <LinkTo to="/audit" search={{ command_id: item.command_id }} inherit>
              of this command
            </LinkTo>
          </Pair>
        </Pairs>
      </div>
      <JsonView value={item.payload} label="Payload" />
    </RowDetail>
  );
}

function reasonOf(item: TsqItem): string {
  if (item.kind === 'advance_failed') return 'its process failed on a reply; a retry delivers the reply again';
  if (!item.reason) return 'not recorded';
  return labelOf(PARK_REASONS, item.reason);
}
