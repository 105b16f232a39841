// The steps of a process in the order of sending, compensations included.

import { Group, Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ProcessDetail, ProcessStep } from '../../../../src/http/contract.ts';
import { lateResultsQuery } from '../../api/processes.ts';
import { workersQuery } from '../../api/stats.ts';
import { AttemptList } from '../../parts/attempts/attempts.tsx';
import { humanize, pluralize } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Note } from '../../parts/panel.tsx';
import { COMMAND_DISPLAY, displayOf } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Elapsed, Moment } from '../../parts/time.tsx';
import classes from './process.module.css';
import { StepDocuments } from './step-documents.tsx';

export function StepTimeline({ process }: { process: ProcessDetail }) {
  const { data: late } = useQuery(lateResultsQuery(process));
  const { data: workers } = useQuery({ ...workersQuery, refetchInterval: false });
  const names = new Map(workers?.items.map((worker) => [worker.worker_id, worker.name]));
  if (process.steps.length === 0) return <Note>Nothing was sent yet.</Note>;
  return (
    <Timeline
      bulletSize={26}
      lineWidth={2}
      active={process.steps.length}
      color="gray"
      classNames={{ item: classes.item }}
    >
      {process.steps.map((step) => {
        const { icon: Icon, color } = displayOf(COMMAND_DISPLAY, step.status);
        return (
          <Timeline.Item
            key={step.command_id}
            bullet={<Icon size={15} stroke={2} aria-hidden />}
            color={color}
            lineVariant={step.purpose === 'compensation' ? 'dashed' : 'solid'}
            data-testid={`step-${step.step}`}
            data-purpose={step.purpose}
          >
            <StepHead step={step} />
            <AttemptList
              attempts={step.attempts}
              workerNames={names}
              lateAttempts={late?.filter((event) => event.command_id === step.command_id) ?? []}
            />
            <StepDocuments step={step} />
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}

function StepHead({ step }: { step: ProcessStep }) {
  return (
    <>
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Text fw={600}>
            {step.purpose === 'compensation' ? `Undo ${humanize(step.step).toLowerCase()}` : humanize(step.step)}
          </Text>
          <StatusBadge display={displayOf(COMMAND_DISPLAY, step.status)} />
        </Group>
        <LinkTo to="/audit" search={{ command_id: step.command_id }} size="xs">
          Audit of this command
        </LinkTo>
      </Group>
      <Text size="xs" c="dimmed" mt={2}>
        {step.type} · sent <Moment at={step.sent_at} /> · {step.settled_at ? 'took' : 'for'}{' '}
        <Elapsed from={step.sent_at} to={step.settled_at} /> · {pluralize(step.attempts.length, 'attempt')}
        {step.deadline_at && (
          <>
            {' '}
            · deadline <Moment at={step.deadline_at} />
          </>
        )}
      </Text>
    </>
  );
}
