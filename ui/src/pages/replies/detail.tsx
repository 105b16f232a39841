// The details of a reply.

import { Text } from '@mantine/core';
import type { Reply } from '../../../../src/http/contract.ts';
import { RowDetail } from '../../parts/expansion.tsx';
import { FullId, ShortId } from '../../parts/id.tsx';
import { JsonView, Pair, Pairs } from '../../parts/json-view.tsx';
import { LinkTo } from '../../parts/links.tsx';
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
          {reply.correlation_id && (
            <Pair name="Correlation">
              <FullId id={reply.correlation_id} label="correlation id" />
            </Pair>
          )}
          {reply.process_id && (
            <Pair name="Process">
              <LinkTo to="/processes/$id" params={{ id: reply.process_id }} inherit>
                <ShortId id={reply.process_id} />
              </LinkTo>
            </Pair>
          )}
          {reply.batch_id && reply.process_id === null && (
            <Pair name="Batch">
              <LinkTo to="/command-batches/$id" params={{ id: reply.batch_id }} inherit>
                <ShortId id={reply.batch_id} />
              </LinkTo>
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
