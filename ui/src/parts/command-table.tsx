// Commands as rows: the same on the list of all and inside a batch.

import { Text } from '@mantine/core';
import type { Command } from '../../../src/http/contract.ts';
import { type Column, DataTable, figure } from './data-table.tsx';
import { ErrorCell } from './error-cell.tsx';
import { formatCount, humanize } from './format.ts';
import { ShortId } from './id.tsx';
import { IdLink, LinkTo } from './links.tsx';
import { COMMAND_DISPLAY, isSettled } from './status.ts';
import { StatusBadge } from './status-badge.tsx';
import { Elapsed, Moment } from './time.tsx';

const NAME: Column<Command> = {
  label: 'Command',
  lead: true,
  shrink: true,
  cell: (command) => <Name command={command} />,
};

const NAME_AND_ORIGIN: Column<Command> = {
  ...NAME,
  cell: (command) => (
    <div>
      <Name command={command} />
      <Text size="xs" c="dimmed">
        <Origin command={command} />
      </Text>
    </div>
  ),
};

const COLUMNS: Column<Command>[] = [
  { label: 'Status', shrink: true, cell: (command) => <StatusBadge display={COMMAND_DISPLAY[command.status]} /> },
  figure('Attempts', (command) => formatCount(command.attempts)),
  { label: 'Error', cell: (command) => command.error_code && <ErrorCell {...command} /> },
  figure('Sent', (command) => <Moment at={command.created_at} />),
  figure('Took', (command) => (
    <Elapsed from={command.created_at} to={isSettled(command.status) ? command.settled_at : null} />
  )),
];

const IN_BATCH = [NAME, ...COLUMNS];
const ANYWHERE = [NAME_AND_ORIGIN, ...COLUMNS];

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

function Name({ command }: { command: Command }) {
  return (
    <LinkTo to="/commands/$id" params={{ id: command.command_id }} inherit fw={500}>
      {command.type}{' '}
      <Text span inherit c="dimmed" fw={400}>
        <ShortId id={command.command_id} />
      </Text>
    </LinkTo>
  );
}

/** The process of a step, the batch of a command in one, else the domain. */
function Origin({ command }: { command: Command }) {
  if (command.process_id) {
    return (
      <>
        {command.purpose === 'compensation' ? 'undoes ' : ''}
        {humanize(command.step ?? 'a step').toLowerCase()} of{' '}
        <IdLink to="/processes/$id" id={command.process_id} prefix="process" />
      </>
    );
  }
  if (!command.batch_id) return `${command.domain}, on its own`;
  return (
    <>
      {command.domain}, of <IdLink to="/command-batches/$id" id={command.batch_id} prefix="batch" />
    </>
  );
}
