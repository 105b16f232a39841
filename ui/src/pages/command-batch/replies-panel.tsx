// The replies of the commands of a batch, and how many are not consumed yet.

import { Stack } from '@mantine/core';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import type { ReplyOutcome } from '../../../../src/model/command.ts';
import { formatCount } from '../../parts/format.ts';
import { Pair, Pairs } from '../../parts/json-view.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { barColor, REPLY_DISPLAY } from '../../parts/status.ts';

const OUTCOMES = Object.keys(REPLY_DISPLAY) as ReplyOutcome[];

export function RepliesPanel({ batch }: { batch: CommandBatchDetail }) {
  const parts = OUTCOMES.map((outcome) => ({
    key: outcome,
    label: REPLY_DISPLAY[outcome].label,
    value: batch.replies[outcome],
    color: barColor(REPLY_DISPLAY[outcome].color),
  }));
  const answered = parts.reduce((sum, part) => sum + part.value, 0);
  const { waiting } = batch.replies;
  return (
    <Panel title="Replies" testId="batch-replies">
      <Stack gap="sm" h="100%">
        <StackedBar parts={parts} total={Math.max(1, answered)} label="Replies by outcome" size={9} />
        <Legend parts={parts} />
        <Pairs>
          <Pair name="Not consumed">
            {waiting > 0 ? (
              <LinkTo to="/replies" search={{ batch_id: batch.batch_id }} inherit>
                {formatCount(waiting)} waiting
              </LinkTo>
            ) : (
              'none'
            )}
          </Pair>
          <Pair name="Final reply to">
            {batch.reply_to ? (
              <LinkTo to="/replies" search={{ queue: batch.reply_to }} inherit>
                {batch.reply_to}
              </LinkTo>
            ) : (
              'no queue'
            )}
          </Pair>
        </Pairs>
      </Stack>
    </Panel>
  );
}
