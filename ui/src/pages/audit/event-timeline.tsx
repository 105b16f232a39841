// Audit events in order, each with the time since the one before it.

import { Collapse, Group, Text, Timeline, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { AuditEvent } from '../../../../src/http/contract.ts';
import type { AuditSubject } from '../../api/audit.ts';
import { Chevron } from '../../parts/chevron.tsx';
import { stopLabel, turbulenceLabel } from '../../parts/experiment/experiment.ts';
import { formatCount, formatDuration, humanize, shortId } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { JsonView } from '../../parts/json-view.tsx';
import { IdLink, LinkTo } from '../../parts/links.tsx';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';
import { eventDisplay } from './event-display.ts';

export function EventTimeline({ events, subject }: { events: AuditEvent[]; subject: AuditSubject }) {
  const keys = keysOf(events);
  return (
    <Timeline bulletSize={26} lineWidth={2} active={events.length} color="gray" m="md" data-testid="audit-events">
      {events.map((event, index) => {
        const { color, icon: Icon } = eventDisplay(event.type);
        return (
          <Timeline.Item
            key={keys[index]}
            mt={index === 0 ? 0 : 'sm'}
            bullet={<Icon size={15} stroke={2} aria-hidden />}
            color={color}
            data-type={event.type}
            data-injected={event.fault ? true : undefined}
          >
            <EventHead event={event} previous={events[subject.order === 'desc' ? index + 1 : index - 1]} />
            <EventLinks event={event} subject={subject} />
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}

/** Events have no id; equal ones are numbered. */
function keysOf(events: AuditEvent[]): string[] {
  const seen = new Map<string, number>();
  return events.map(({ at, type, attempt, command_id, process_id, batch_id }) => {
    const name = [at, type, attempt, command_id, process_id, batch_id].join();
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return `${name} ${number}`;
  });
}

function EventHead({ event, previous }: { event: AuditEvent; previous: AuditEvent | undefined }) {
  const gap_ms = previous ? Date.parse(event.at) - Date.parse(previous.at) : null;
  const facts = [event.step && humanize(event.step), event.attempt !== null && `attempt ${event.attempt}`];
  return (
    <Group gap="0 10px">
      <Text span fz="sm" fw={600}>
        {eventDisplay(event.type).label}
      </Text>
      {event.fault && <InjectedBadge fault={event.fault} />}
      <Hint span>{facts.filter(Boolean).join(', ')}</Hint>
      <Hint span ms="auto">
        {gap_ms !== null && `+${formatDuration(gap_ms)} · `}
        <Moment at={event.at} />
      </Hint>
    </Group>
  );
}

function EventLinks({ event, subject }: { event: AuditEvent; subject: AuditSubject }) {
  const [opened, { toggle }] = useDisclosure(false);
  const { command_id, process_id, batch_id, batch_kind, details } = event;
  return (
    <>
      <Group gap="0 14px" fz="xs">
        {command_id && !subject.command_id && (
          <LinkTo to="/audit" search={{ command_id }} inherit>
            command {shortId(command_id)}
          </LinkTo>
        )}
        {process_id && !subject.process_id && <IdLink to="/processes/$id" id={process_id} prefix="process" />}
        {batch_id && !command_id && !process_id && batch_id !== subject.batch_id && (
          <IdLink
            to={batch_kind === 'command' ? '/command-batches/$id' : '/process-batches/$id'}
            id={batch_id}
            prefix="batch"
          />
        )}
        {Object.keys(details).length > 0 && (
          <UnstyledButton onClick={toggle} aria-expanded={opened} c="dimmed" fz="xs">
            <Group gap={4} wrap="nowrap" style={{ overflowWrap: 'anywhere' }}>
              <Chevron opened={opened} size={13} />
              {summaryOf(details)}
            </Group>
          </UnstyledButton>
        )}
      </Group>
      <Collapse expanded={opened} keepMounted={false}>
        <JsonView value={details} label="Details" />
      </Collapse>
    </>
  );
}

/** Details shown without unfolding them. */
const SUMMARIZED = ['actor', 'reason', 'error_code', 'error_message', 'status'];

function summaryOf(details: Record<string, unknown>): string {
  const { metric, above, kind, away_ms, total_count } = details;
  const parts = [
    typeof kind === 'string' && turbulenceLabel(kind),
    typeof metric === 'string' && typeof above === 'number' && stopLabel(metric, above),
    ...SUMMARIZED.map((name) => typeof details[name] === 'string' && details[name]),
    typeof total_count === 'number' && `${formatCount(total_count)} in all`,
    typeof away_ms === 'number' && `for ${formatDuration(away_ms)}`,
  ].filter(Boolean);
  return parts.join(' · ') || 'Details';
}
