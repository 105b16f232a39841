// Replies as rows: what came of which command; looked into, deleted, or given to the process they are kept for.

import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight, IconRoute, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Reply } from '../../../../src/http/contract.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { VerbDialog } from '../../parts/form/verb-dialog.tsx';
import { shortId } from '../../parts/format.ts';
import { ShortId } from '../../parts/id.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { REPLY_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { ReplyDetail } from './detail.tsx';
import classes from './replies.module.css';
import { useReplyVerbs } from './use-reply-verbs.ts';

export function ReplyTable({ replies, withQueue }: { replies: Reply[]; withQueue: boolean }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpened((current) => {
      const next = new Set(current);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <DataTable
      label="Replies"
      columns={columnsOf(opened, toggle, withQueue)}
      rows={replies}
      rowKey={(reply) => reply.reply_id}
      expansion={(reply) => (opened.has(reply.reply_id) ? <ReplyDetail reply={reply} /> : null)}
      testId="reply-table"
    />
  );
}

function columnsOf(opened: ReadonlySet<string>, toggle: (id: string) => void, withQueue: boolean): Column<Reply>[] {
  const queue: Column<Reply> = {
    key: 'queue',
    label: 'Queue',
    cell: (reply) => <span style={{ whiteSpace: 'nowrap' }}>{reply.queue}</span>,
  };
  return [
    {
      key: 'of',
      label: 'Reply',
      lead: true,
      cell: (reply) => (
        <span className={classes.handle}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={() => toggle(reply.reply_id)}
            aria-expanded={opened.has(reply.reply_id)}
            aria-label={`Details of reply ${shortId(reply.reply_id)}`}
          >
            <IconChevronRight
              size={15}
              className={classes.chevron}
              data-open={opened.has(reply.reply_id) || undefined}
            />
          </ActionIcon>
          <Subject reply={reply} />
        </span>
      ),
    },
    {
      key: 'outcome',
      label: 'Outcome',
      shrink: true,
      cell: (reply) => <StatusBadge look={REPLY_DISPLAY[reply.outcome]} />,
    },
    ...(withQueue ? [queue] : []),
    { key: 'says', label: 'Says', cell: (reply) => <Says reply={reply} /> },
    { key: 'at', label: 'Waits', align: 'end', shrink: true, cell: (reply) => <Ago at={reply.created_at} /> },
    { key: 'act', label: 'Act', hiddenLabel: true, shrink: true, cell: (reply) => <Actions reply={reply} /> },
  ];
}

function Subject({ reply }: { reply: Reply }) {
  if (reply.command_id) {
    return (
      <LinkTo to="/commands/$id" params={{ id: reply.command_id }} inherit fw={500} style={{ whiteSpace: 'nowrap' }}>
        command <ShortId id={reply.command_id} />
      </LinkTo>
    );
  }
  if (!reply.batch_id) return <ShortId id={reply.reply_id} />;
  return (
    <LinkTo to="/command-batches/$id" params={{ id: reply.batch_id }} inherit fw={500}>
      end of batch <ShortId id={reply.batch_id} />
    </LinkTo>
  );
}

function Says({ reply }: { reply: Reply }) {
  if (reply.note) {
    return (
      <Text span inherit c="orange" lineClamp={1} title={reply.note}>
        {reply.note}
      </Text>
    );
  }
  const text = reply.error_code
    ? `${reply.error_code} ${reply.error_message ?? ''}`
    : reply.result === null || reply.result === undefined
      ? ''
      : JSON.stringify(reply.result);
  if (!text) return null;
  return (
    <Text span inherit c="dimmed" lineClamp={1} style={{ overflowWrap: 'anywhere' }}>
      {text.slice(0, 200)}
    </Text>
  );
}

/** What was asked for can be deleted; what is kept for a process can only be given to it. */
function Actions({ reply }: { reply: Reply }) {
  return reply.note === null ? <Delete reply={reply} /> : <Redrive reply={reply} />;
}

function Redrive({ reply }: { reply: Reply }) {
  const { redrive } = useReplyVerbs();
  return (
    <Tooltip label="Its process takes it now, if a service knows it">
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconRoute size={14} stroke={1.8} aria-hidden />}
        loading={redrive.isPending}
        onClick={() => redrive.mutate(reply)}
      >
        Give to process
      </Button>
    </Tooltip>
  );
}

function Delete({ reply }: { reply: Reply }) {
  const { remove } = useReplyVerbs();
  const [asking, { open, close }] = useDisclosure(false);
  return (
    <>
      <Tooltip label="Delete">
        <ActionIcon
          variant="default"
          size={28}
          onClick={open}
          loading={remove.isPending}
          aria-label={`Delete reply ${shortId(reply.reply_id)}`}
        >
          <IconTrash size={15} stroke={1.8} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <VerbDialog
        title="Delete this reply?"
        opened={asking}
        onClose={close}
        onConfirm={() => remove.mutate(reply)}
        confirm="Delete reply"
        keep="Keep it"
      >
        Whoever asked for it will never read it.
      </VerbDialog>
    </>
  );
}
