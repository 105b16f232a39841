// A command from sending to settlement, with every attempt between.

import { Text, Timeline } from '@mantine/core';
import { type Icon, IconClock, IconFlag, IconSend, IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { workersQuery } from '../../api/stats.ts';
import { AttemptList } from '../../parts/attempts/attempts.tsx';
import { formatDuration, pluralize } from '../../parts/format.ts';
import { COMMAND_DISPLAY, isSettled, labelOf, PARK_REASONS } from '../../parts/status.ts';
import { Elapsed, Moment } from '../../parts/time.tsx';

interface Mark {
  key: string;
  icon: Icon;
  color: string;
  title: string;
  note: ReactNode;
  content?: ReactNode;
}

export function CommandTimeline({ command }: { command: CommandDetail }) {
  const { data: workers } = useQuery({ ...workersQuery, refetchInterval: false });
  const names = new Map(workers?.items.map((worker) => [worker.worker_id, worker.name]));
  const marks = marksOf(command, names);
  return (
    <Timeline bulletSize={26} lineWidth={2} active={marks.length} color="gray">
      {marks.map(({ key, icon: Bullet, color, title, note, content }) => (
        <Timeline.Item
          key={key}
          bullet={<Bullet size={15} stroke={2} aria-hidden />}
          color={color}
          title={title}
          data-testid={`mark-${key}`}
        >
          <Text size="xs" c="dimmed">
            {note}
          </Text>
          {content}
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function marksOf(command: CommandDetail, names: ReadonlyMap<string, string>): Mark[] {
  const marks: Mark[] = [
    { key: 'sent', icon: IconSend, color: 'gray', title: 'Sent', note: <Moment at={command.created_at} /> },
  ];
  if (command.history.length > 0) {
    marks.push({
      key: 'attempts',
      icon: COMMAND_DISPLAY.IN_PROGRESS.icon,
      color: COMMAND_DISPLAY.IN_PROGRESS.color,
      title: pluralize(command.history.length, 'attempt'),
      note: allowance(command),
      content: <AttemptList attempts={command.history} workerNames={names} lateAttempts={[]} />,
    });
  }
  const end = endOf(command);
  return end ? [...marks, end] : marks;
}

/** Its present state: settled, parked, or waiting for its time. */
function endOf(command: CommandDetail): Mark | null {
  if (command.settled_at && isSettled(command.status)) {
    const { color, label } = COMMAND_DISPLAY[command.status];
    return {
      key: 'settled',
      icon: IconFlag,
      color,
      title: label,
      note: (
        <>
          <Moment at={command.settled_at} />, <Elapsed from={command.created_at} to={command.settled_at} /> after it was
          sent
        </>
      ),
    };
  }
  if (command.status === 'IN_TROUBLESHOOTING_QUEUE') {
    return {
      key: 'parked',
      icon: IconTool,
      color: COMMAND_DISPLAY.IN_TROUBLESHOOTING_QUEUE.color,
      title: 'Waits for an operator',
      note: (
        <>
          since <Moment at={command.parked_at ?? command.created_at} />
          {command.park_reason && `: ${labelOf(PARK_REASONS, command.park_reason)}`}
        </>
      ),
    };
  }
  if (command.status !== 'PENDING') return null;
  const wait_ms = Date.parse(command.available_at) - Date.now();
  return {
    key: 'waiting',
    icon: IconClock,
    color: 'gray',
    title: wait_ms > 0 ? 'Waits for its retry or start time' : 'Waits for a worker',
    note: (
      <>
        not before <Moment at={command.available_at} />
        {wait_ms > 1_000 && `, in ${formatDuration(Math.round(wait_ms / 1_000) * 1_000)}`}
      </>
    ),
  };
}

function allowance(command: CommandDetail): string {
  const words = [`${command.max_attempts} allowed`];
  if (command.interruptions > 0) words.push(`${pluralize(command.interruptions, 'interruption')} not counted`);
  return words.join(', ');
}
