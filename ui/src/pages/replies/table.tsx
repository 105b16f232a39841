// Replies as rows: read, deleted, or delivered to the process for which they are kept.

import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core';
import { IconRoute, IconTrash } from '@tabler/icons-react';
import type { Reply } from '../../../../src/http/contract.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { type Expansion, useExpansion } from '../../parts/expansion.tsx';
import { shortId } from '../../parts/format.ts';
import { ShortId } from '../../parts/id.tsx';
import { IdLink } from '../../parts/links.tsx';
import { REPLY_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { ReplyDetail } from './detail.tsx';
import { useDeleteReply, useRedrive } from './verbs.tsx';

export function ReplyTable({ replies, withQueue }: { replies: Reply[]; withQueue: boolean }) {
  const expansion = useExpansion();
  return (
    <DataTable
      label="Replies"
      columns={columnsOf(expansion, withQueue)}
      rows={replies}
      rowKey={(reply) => reply.reply_id}
      expansion={(reply) => (expansion.isOpened(reply.reply_id) ? <ReplyDetail reply={reply} /> : null)}
      testId="reply-table"
    />
  );
}

function columnsOf(expansion: Expansion, withQueue: boolean): Column<Reply>[] {
  const queue: Column<Reply> = {
    label: 'Queue',
    cell: (reply) => <span style={{ whiteSpace: 'nowrap' }}>{reply.queue}</span>,
  };
  return [
    {
      label: 'Reply',
      lead: true,
      cell: (reply) => (
        <Group component="span" display="inline-flex" gap={8} wrap="nowrap">
          {expansion.button(reply.reply_id, `Details of reply ${shortId(reply.reply_id)}`)}
          <Subject reply={reply} />
        </Group>
      ),
    },
    { label: 'Outcome', shrink: true, cell: (reply) => <StatusBadge display={REPLY_DISPLAY[reply.outcome]} /> },
    ...(withQueue ? [queue] : []),
    { label: 'Content', cell: (reply) => <Content reply={reply} /> },
    figure('Waiting', (reply) => <Ago at={reply.created_at} />),
    {
      label: 'Act',
      hiddenLabel: true,
      shrink: true,
      // Requested replies can be deleted; those kept for a process can only be delivered to it.
      cell: (reply) => (reply.note === null ? <Delete reply={reply} /> : <Redrive reply={reply} />),
    },
  ];
}

function Subject({ reply }: { reply: Reply }) {
  if (reply.command_id) {
    return <IdLink to="/commands/$id" id={reply.command_id} prefix="command" fw={500} />;
  }
  if (!reply.batch_id) return <ShortId id={reply.reply_id} />;
  return <IdLink to="/command-batches/$id" id={reply.batch_id} prefix="end of batch" fw={500} />;
}

function Content({ reply: { note, error_code, error_message, result } }: { reply: Reply }) {
  const json = result === null || result === undefined ? '' : JSON.stringify(result);
  const text = note ?? (error_code ? `${error_code} ${error_message ?? ''}` : json);
  return (
    <Text
      span
      inherit
      c={note ? 'orange' : 'dimmed'}
      lineClamp={1}
      title={note ?? undefined}
      style={{ overflowWrap: 'anywhere' }}
    >
      {text.slice(0, 200)}
    </Text>
  );
}

function Redrive({ reply }: { reply: Reply }) {
  const redrive = useRedrive(reply);
  return (
    <Tooltip label="Works once a service knows its process type">
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconRoute size={14} stroke={1.8} aria-hidden />}
        loading={redrive.isPending}
        onClick={() => redrive.mutate()}
      >
        Deliver to process
      </Button>
    </Tooltip>
  );
}

function Delete({ reply }: { reply: Reply }) {
  const remove = useDeleteReply(reply);
  return (
    <>
      <Tooltip label="Delete">
        <ActionIcon
          variant="default"
          size={28}
          onClick={remove.ask}
          loading={remove.busy}
          aria-label={`Delete reply ${shortId(reply.reply_id)}`}
        >
          <IconTrash size={15} stroke={1.8} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {remove.dialog}
    </>
  );
}
