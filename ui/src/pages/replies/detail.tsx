// The details of a reply.

import { Text } from '@mantine/core';
import type { Reply } from '../../../../src/http/contract.ts';
import { RowDetail } from '../../parts/expansion.tsx';
import { FullId } from '../../parts/id.tsx';
import { JsonView, Pair, Pairs } from '../../parts/json-view.tsx';
import { IdLink, LinkTo } from '../../parts/links.tsx';
import { Moment } from '../../parts/time.tsx';

export function ReplyDetail({ reply }: { reply: Reply }) {
  return (
    <RowDetail testId="reply-detail">
      <div style={{ minWidth: 0 }}>
        {reply.error_code && (
          <Text size="sm" mb="sm" style={{ overflowWrap: 'anywhere' }}>
            <b>{reply.error_code}</b> {reply.error_message}
          </Text>
        )}
        <Pairs>
          {reply.note && <Pair name="Kept because">{reply.note}</Pair>}
          <Pair name="Queue">{reply.queue}</Pair>
          <Pair name="Reply">
            <FullId id={reply.reply_id} label="reply id" />
          </Pair>
          <Pair name="Correlation">
            {reply.correlation_id && <FullId id={reply.correlation_id} label="correlation id" />}
          </Pair>
          <Pair name="Process">{reply.process_id && <IdLink to="/processes/$id" id={reply.process_id} />}</Pair>
          {reply.batch_id && reply.process_id === null && (
            <Pair name="Batch">
              <IdLink to="/command-batches/$id" id={reply.batch_id} />
            </Pair>
          )}
          {reply.command_id && (
            <Pair name="Audit">
              <LinkTo to="/audit" search={{ command_id: reply.command_id }} inherit>
                of its command
              </LinkTo>
            </Pair>
          )}
          <Pair name="Received">
            <Moment at={reply.created_at} />
          </Pair>
        </Pairs>
      </div>
      <JsonView value={reply.result} label="Result" />
    </RowDetail>
  );
}
