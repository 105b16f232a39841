// The rows of the troubleshooting queue: select, look into, act.

import { ActionIcon, Checkbox, Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { TsqItem } from '../../../../src/http/contract.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { humanize, shortId } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { RowActions } from './row-actions.tsx';
import { RowDetail } from './row-detail.tsx';
import classes from './tsq-page.module.css';
import type { Selection } from './use-selection.ts';

export function TsqTable({ items, selection }: { items: TsqItem[]; selection: Selection }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpened((current) => {
      const next = new Set(current);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  return (
    <DataTable
      label="Commands in troubleshooting"
      columns={columnsOf(selection, opened, toggle)}
      rows={items}
      rowKey={(item) => item.command_id}
      isSelected={(item) => selection.has(item.command_id)}
      expansion={(item) => (opened.has(item.command_id) ? <RowDetail item={item} /> : null)}
      testId="tsq-table"
    />
  );
}

function columnsOf(selection: Selection, opened: ReadonlySet<string>, toggle: (id: string) => void): Column<TsqItem>[] {
  return [
    {
      key: 'select',
      label: 'Select',
      hiddenLabel: true,
      shrink: true,
      head: (
        <Checkbox
          size="xs"
          checked={selection.all}
          indeterminate={!selection.all && selection.ids.length > 0}
          onChange={selection.toggleAll}
          aria-label="Select all on this page"
        />
      ),
      cell: (item) => (
        <span className={classes.handles}>
          <Checkbox
            size="xs"
            checked={selection.has(item.command_id)}
            onChange={() => selection.toggle(item.command_id)}
            aria-label={`Select command ${shortId(item.command_id)}`}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={() => toggle(item.command_id)}
            aria-expanded={opened.has(item.command_id)}
            aria-label={`Details of command ${shortId(item.command_id)}`}
          >
            <IconChevronRight
              size={15}
              className={classes.chevron}
              data-open={opened.has(item.command_id) || undefined}
            />
          </ActionIcon>
        </span>
      ),
    },
    { key: 'error', label: 'Error', lead: true, cell: (item) => <ErrorCell item={item} /> },
    { key: 'command', label: 'Command', shrink: true, cell: (item) => <CommandCell item={item} /> },
    {
      key: 'attempts',
      label: 'Attempts',
      align: 'end',
      shrink: true,
      cell: (item) => item.attempts,
    },
    { key: 'parked', label: 'Parked', align: 'end', shrink: true, cell: (item) => <Ago at={item.parked_at} /> },
    { key: 'act', label: 'Act', hiddenLabel: true, shrink: true, cell: (item) => <RowActions item={item} /> },
  ];
}

function ErrorCell({ item }: { item: TsqItem }) {
  return (
    <div className={classes.errorCell}>
      <span className={classes.errorHead}>
        <Text span inherit fw={600}>
          {item.error_code ?? 'Unknown error'}
        </Text>
        {item.fault && <InjectedBadge fault={item.fault} />}
      </span>
      <Text size="xs" c="dimmed" lineClamp={1}>
        {item.error_message}
      </Text>
    </div>
  );
}

function CommandCell({ item }: { item: TsqItem }) {
  return (
    <div>
      <LinkTo to="/commands/$id" params={{ id: item.command_id }} inherit>
        {item.type}
      </LinkTo>
      <Text size="xs" c="dimmed">
        {item.process_id ? (
          <LinkTo to="/processes/$id" params={{ id: item.process_id }} inherit>
            process {shortId(item.process_id)}
          </LinkTo>
        ) : (
          item.domain
        )}
        {item.purpose === 'compensation' && `, undoes ${humanize(item.step ?? 'a step').toLowerCase()}`}
      </Text>
    </div>
  );
}
