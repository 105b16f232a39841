// The rows of the troubleshooting queue.

import { Checkbox, Group, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { TsqItem } from '../../../../src/http/contract.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { type Expansion, useExpansion } from '../../parts/expansion.tsx';
import { humanize, shortId } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { IdLink, LinkTo } from '../../parts/links.tsx';
import { InjectedBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { useTsqVerb } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';
import { ItemDetail } from './item-detail.tsx';
import type { Selection } from './use-selection.ts';

export function TsqTable({ items, selection }: { items: TsqItem[]; selection: Selection }) {
  const expansion = useExpansion();
  return (
    <DataTable
      label="Commands in troubleshooting"
      columns={columnsOf(selection, expansion)}
      rows={items}
      rowKey={(item) => item.command_id}
      isSelected={(item) => selection.has(item.command_id)}
      expansion={(item) => (expansion.isOpened(item.command_id) ? <ItemDetail item={item} /> : null)}
      testId="tsq-table"
    />
  );
}

function columnsOf(selection: Selection, expansion: Expansion): Column<TsqItem>[] {
  return [
    {
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
      cell: ({ command_id }) => (
        <Group component="span" display="inline-flex" gap={6} wrap="nowrap">
          <Checkbox
            size="xs"
            checked={selection.has(command_id)}
            onChange={() => selection.toggle(command_id)}
            aria-label={`Select command ${shortId(command_id)}`}
          />
          {expansion.button(command_id, `Details of command ${shortId(command_id)}`)}
        </Group>
      ),
    },
    { label: 'Error', lead: true, cell: (item) => <ErrorCell item={item} /> },
    { label: 'Command', shrink: true, cell: (item) => <CommandCell item={item} /> },
    figure('Attempts', (item) => item.attempts),
    figure('Parked', (item) => <Ago at={item.parked_at} />),
    { label: 'Act', hiddenLabel: true, shrink: true, cell: (item) => <Verbs item={item} /> },
  ];
}

function ErrorCell({ item }: { item: TsqItem }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Group component="span" display="inline-flex" gap="4px 8px">
        <Text span inherit fw={600}>
          {item.error_code ?? 'Unknown error'}
        </Text>
        {item.fault && <InjectedBadge fault={item.fault} />}
      </Group>
      <Hint lineClamp={1}>{item.error_message}</Hint>
    </div>
  );
}

function CommandCell({ item }: { item: TsqItem }) {
  return (
    <div>
      <LinkTo to="/commands/$id" params={{ id: item.command_id }} inherit>
        {item.type}
      </LinkTo>
      <Hint>
        {item.process_id ? <IdLink to="/processes/$id" id={item.process_id} prefix="process" /> : item.domain}
        {item.purpose === 'compensation' && `, undoes ${humanize(item.step ?? 'a step').toLowerCase()}`}
      </Hint>
    </div>
  );
}

function Verbs({ item }: { item: TsqItem }) {
  const runner = useTsqVerb();
  // Icons need a hover to be explained, which touch screens do not have.
  const wide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false });
  return <VerbButtons commandIds={[item.command_id]} runner={runner} iconsOnly={wide} />;
}
