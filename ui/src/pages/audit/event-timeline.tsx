// Events in order, either way, each with the time that passed since the one before it in time. What chaos did stands out in violet.

import { Collapse, Text, ThemeIcon, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight } from '@tabler/icons-react';
import type { AuditEvent } from '../../../../src/http/contract.ts';
import type { AuditSubject } from '../../api/audit.ts';
import { stopLabel, turbulenceLabel } from '../../parts/experiment/experiment.ts';
import { formatCount, formatDuration, humanize, shortId } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';
import classes from './audit.module.css';
import { eventLook } from './event-display.ts';

export function EventTimeline({ events, subject }: { events: AuditEvent[]; subject: AuditSubject }) {
  const keys = keysOf(events);
  return (
    <ol className={classes.events} data-testid="audit-events">
      {events.map((event, index) => (
        <EventRow
          key={keys[index]}
          event={event}
          previous={events[subject.order === 'desc' ? index + 1 : index - 1]}
          subject={subject}
        />
      ))}
    </ol>
  );
}

/** An event has no id; those that are alike are numbered. */
function keysOf(events: AuditEvent[]): string[] {
  const seen = new Map<string, number>();
  return events.map(({ at, type, attempt, command_id, process_id, batch_id }) => {
    const alike = [at, type, attempt, command_id, process_id, batch_id].join();
    const number = (seen.get(alike) ?? 0) + 1;
    seen.set(alike, number);
    return `${alike} ${number}`;
  });
}

interface EventRowProps {
  event: AuditEvent;
  previous: AuditEvent | undefined;
  subject: AuditSubject;
}

function EventRow({ event, previous, subject }: EventRowProps) {
  const [opened, { toggle }] = useDisclosure(false);
  const { label, color, icon: Icon } = eventLook(event.type);
  const gap = previous ? Date.parse(event.at) - Date.parse(previous.at) : null;
  const hasDetails = Object.keys(event.details).length > 0;
  return (
    <li className={classes.event} data-type={event.type} data-injected={event.fault ? true : undefined}>
      <span className={classes.gap}>{gap === null ? '' : `+${formatDuration(gap)}`}</span>
      <span className={classes.rail}>
        <ThemeIcon variant="light" color={color} size={26} radius="xl">
          <Icon size={15} stroke={2} aria-hidden />
        </ThemeIcon>
      </span>
      <div className={classes.what}>
        <div className={classes.whatHead}>
          <Text span inherit fw={600}>
            {label}
          </Text>
          {event.fault && <InjectedBadge fault={event.fault} />}
          <Text span size="xs" c="dimmed">
            {[event.step && humanize(event.step), event.attempt !== null && `attempt ${event.attempt}`]
              .filter(Boolean)
              .join(', ')}
          </Text>
          <Text span size="xs" c="dimmed" className={classes.at}>
            <Moment at={event.at} />
          </Text>
        </div>
        <div className={classes.links}>
          {event.command_id && !subject.command_id && (
            <LinkTo to="/audit" search={{ command_id: event.command_id }} inherit>
              command {shortId(event.command_id)}
            </LinkTo>
          )}
          {event.process_id && !subject.process_id && (
            <LinkTo to="/processes/$id" params={{ id: event.process_id }} inherit>
              process {shortId(event.process_id)}
            </LinkTo>
          )}
          {event.batch_id && !event.command_id && !event.process_id && event.batch_id !== subject.batch_id && (
            <LinkTo
              to={event.batch_kind === 'command' ? '/command-batches/$id' : '/process-batches/$id'}
              params={{ id: event.batch_id }}
              inherit
            >
              batch {shortId(event.batch_id)}
            </LinkTo>
          )}
          {hasDetails && (
            <UnstyledButton className={classes.disclosure} onClick={toggle} aria-expanded={opened}>
              <IconChevronRight size={13} data-open={opened || undefined} aria-hidden />
              {summaryOf(event.details)}
            </UnstyledButton>
          )}
        </div>
        <Collapse expanded={opened} keepMounted={false}>
          <JsonView value={event.details} label="Details" />
        </Collapse>
      </div>
    </li>
  );
}

/** What of the details is said without opening them. */
const TELLING = ['actor', 'reason', 'error_code', 'error_message', 'status'];

function summaryOf(details: Record<string, unknown>): string {
  const told = TELLING.filter((name) => typeof details[name] === 'string').map((name) => String(details[name]));
  const { metric, above, kind, away_ms, total_count } = details;
  if (typeof metric === 'string' && typeof above === 'number') told.unshift(stopLabel(metric, above));
  if (typeof kind === 'string') told.unshift(turbulenceLabel(kind));
  if (typeof total_count === 'number') told.push(`${formatCount(total_count)} in all`);
  if (typeof away_ms === 'number') told.push(`for ${formatDuration(away_ms)}`);
  return told.length > 0 ? told.join(' · ') : 'Details';
}
