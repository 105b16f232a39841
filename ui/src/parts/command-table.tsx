// Commands as rows: the same on the list of all and inside a batch.

import { Text } from '@mantine/core';
import type { Command } from '../../../src/http/contract.ts';
import { type Column, DataTable } from './data-table.tsx';
import { formatCount, humanize } from './format.ts';
import { ShortId } from './id.tsx';
import { LinkTo } from './links.tsx';
import { COMMAND_LOOKS } from './status.ts';
import { InjectedBadge, StatusBadge } from './status-badge.tsx';
import { Elapsed, Moment } from './time.tsx';

const COMMAND: Column<Command> = {
  key: 'command',
  label: 'Command',
  lead: true,
  shrink: true,
  cell: (command) => (
    <LinkTo to="/commands/$id" params={{ id: command.command_id }} inherit fw={500}>
      {command.type}{' '}
      <Text span inherit c="dimmed" fw={400}>
        <ShortId id={command.command_id} />
      </Text>
    </LinkTo>
  ),
};

const OF: Column<Command> = {
  key: 'of',
  label: 'Of',
  shrink: true,
  cell: (command) => <Origin command={command} />,
};

const COLUMNS: Column<Command>[] = [
  {
    key: 'status',
    label: 'Status',
    shrink: true,
    cell: (command) => <StatusBadge look={COMMAND_LOOKS[command.status]} />,
  },
  {
    key: 'attempts',
    label: 'Attempts',
    align: 'end',
    shrink: true,
    cell: (command) => formatCount(command.attempts),
  },
  { key: 'error', label: 'Error', cell: (command) => command.error_code && <ErrorText command={command} /> },
  {
    key: 'created',
    label: 'Sent',
    align: 'end',
    shrink: true,
    cell: (command) => <Moment at={command.created_at} />,
  },
  {
    key: 'took',
    label: 'Took',
    align: 'end',
    shrink: true,
    cell: (command) => <Elapsed from={command.created_at} to={command.settled_at} />,
  },
];

const IN_BATCH = [COMMAND, ...COLUMNS];
const ANYWHERE = [COMMAND, OF, ...COLUMNS];

export function CommandTable({ commands, withOrigin }: { commands: Command[]; withOrigin?: boolean }) {
  return (
    <DataTable
      label="Commands"
      columns={withOrigin ? ANYWHERE : IN_BATCH}
      rows={commands}
      rowKey={(command) => command.command_id}
      testId="command-table"
    />
  );
}

/** A step says its process, a command of a batch its batch; one on its own, its domain. */
function Origin({ command }: { command: Command }) {
  if (command.process_id) {
    return (
      <>
        <LinkTo to="/processes/$id" params={{ id: command.process_id }} inherit>
          process <ShortId id={command.process_id} />
        </LinkTo>
        {command.purpose === 'compensation' && (
          <Text size="xs" c="dimmed">
            undoes {humanize(command.step ?? 'a step').toLowerCase()}
          </Text>
        )}
      </>
    );
  }
  if (!command.batch_id) return <Text span inherit c="dimmed">{`${command.domain}, on its own`}</Text>;
  return (
    <LinkTo to="/command-batches/$id" params={{ id: command.batch_id }} inherit>
      batch <ShortId id={command.batch_id} />
    </LinkTo>
  );
}

function ErrorText({ command }: { command: Command }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: '0.5rem', minWidth: 0, maxWidth: '100%' }}>
      <Text span inherit lineClamp={1} title={command.error_message ?? undefined}>
        <Text span inherit fw={500}>
          {command.error_code}
        </Text>{' '}
        <Text span inherit c="dimmed">
          {command.error_message}
        </Text>
      </Text>
      {command.fault && <InjectedBadge fault={command.fault} />}
    </span>
  );
}
