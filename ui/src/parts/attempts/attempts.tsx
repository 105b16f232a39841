// The attempts of a command: outcome, duration, worker, and when the next followed.
// An injected fault never looks like a real failure: it has its own color, icon and label.

import { Group, Text } from '@mantine/core';
import { IconHourglass, IconTrashX } from '@tabler/icons-react';
import type { Attempt, AuditEvent } from '../../../../src/http/contract.ts';
import { formatDuration, shortId } from '../format.ts';
import { CHAOS_COLOR, displayOf, EFFECT_LABELS, labelOf, OUTCOME_DISPLAY, PARK_REASONS } from '../status.ts';
import { InjectedBadge, StatusBadge } from '../status-badge.tsx';
import { Elapsed, Moment } from '../time.tsx';
import classes from './attempts.module.css';

export interface AttemptListProps {
  attempts: readonly Attempt[];
  workerNames: ReadonlyMap<string, string>;
  /** Results that came too late. */
  lateAttempts: readonly AuditEvent[];
}

const RUNNING = { label: 'Running', color: 'steel', icon: IconHourglass, hint: 'under way' };

export function AttemptList({ attempts, workerNames, lateAttempts }: AttemptListProps) {
  if (attempts.length === 0) return null;
  return (
    <ol className={classes.attempts}>
      {attempts.map((attempt, index) => (
        <AttemptRow
          key={attempt.attempt}
          attempt={attempt}
          next={attempts[index + 1]}
          worker={attempt.worker_id && (workerNames.get(attempt.worker_id) ?? shortId(attempt.worker_id))}
          late={lateAttempts.find((event) => event.attempt === attempt.attempt)}
        />
      ))}
    </ol>
  );
}

interface AttemptRowProps {
  attempt: Attempt;
  next: Attempt | undefined;
  worker: string | null;
  late: AuditEvent | undefined;
}

function AttemptRow({ attempt, next, worker, late }: AttemptRowProps) {
  const display = attempt.outcome === null ? RUNNING : displayOf(OUTCOME_DISPLAY, attempt.outcome);
  return (
    <li className={classes.attempt} data-injected={attempt.fault ? true : undefined} data-testid="attempt">
      <Group gap="0.25rem 0.625rem">
        <Text size="sm" c="dimmed" miw="1.25rem">
          {attempt.attempt}
        </Text>
        <Group gap={6}>
          <StatusBadge display={display} />
          {attempt.fault && <InjectedBadge fault={attempt.fault} />}
        </Group>
        <Text size="xs" c="dimmed" ms="auto">
          <Elapsed from={attempt.started_at} to={attempt.ended_at} />
          {worker && ` · ${worker}`} · <Moment at={attempt.started_at} />
        </Text>
      </Group>
      {attempt.error_code && (
        <Text size="sm" className={classes.note} c={attempt.fault ? CHAOS_COLOR : 'red'}>
          <b>{attempt.error_code}</b> {attempt.error_message}
        </Text>
      )}
      <FollowUp attempt={attempt} next={next} />
      {late && (
        <Text size="xs" c="dimmed" className={classes.note} data-testid="late-result">
          <IconTrashX size={13} aria-hidden /> Its result came too late and was discarded · <Moment at={late.at} />
        </Text>
      )}
    </li>
  );
}

/** The effect of the attempt: a retry with its requested and actual delay, or another. */
function FollowUp({ attempt, next }: { attempt: Attempt; next: Attempt | undefined }) {
  if (!attempt.effect || attempt.effect === 'COMPLETED' || attempt.ended_at === null) return null;
  const ended = Date.parse(attempt.ended_at);
  const asked = attempt.retry_at && formatDuration(Math.max(0, Date.parse(attempt.retry_at) - ended));
  const took = next && formatDuration(Math.max(0, Date.parse(next.started_at) - ended));
  return (
    <Text size="xs" c="dimmed" className={classes.note}>
      {asked ? `Retry after ${asked}${took ? `, begun after ${took}` : ''}` : labelOf(EFFECT_LABELS, attempt.effect)}
      {attempt.reason && `: ${labelOf(PARK_REASONS, attempt.reason)}`}
    </Text>
  );
}
