// The table of all lists: columns as data, rows that expand or are selected, cards on narrow screens.

import { Table } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';
import classes from './table.module.css';

export interface Column<Row> {
  /** The heading; on narrow screens the label before the value. */
  label: string;
  /** Null without a value. */
  cell: (row: Row) => ReactNode;
  align?: 'end';
  /** As narrow as its content. */
  shrink?: boolean;
  /** The name of the row: first and without a label where rows are cards. */
  lead?: boolean;
  /** Only screen readers get the heading, as of a column of buttons. */
  hiddenLabel?: boolean;
  /** A control in the heading instead of its text. */
  head?: ReactNode;
}

/** A column of figures or times: at the right, as narrow as its content. */
export function figure<Row>(label: string, cell: Column<Row>['cell']): Column<Row> {
  return { label, cell, align: 'end', shrink: true };
}

export interface DataTableProps<Row> {
  /** For screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  isSelected?: (row: Row) => boolean;
  /** The content below an expanded row; null for other rows. */
  expansion?: (row: Row) => ReactNode;
  testId?: string;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, isSelected, expansion, testId } = props;
  return (
    <Table.ScrollContainer minWidth={0} type="native">
      <Table className={classes.table} verticalSpacing={7} aria-label={label} data-testid={testId}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th
                key={column.label}
                className={columnClass(column)}
                aria-label={column.hiddenLabel ? column.label : undefined}
              >
                {column.head ?? (column.hiddenLabel ? null : column.label)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => {
            const expanded = expansion?.(row) ?? null;
            return (
              <Fragment key={rowKey(row)}>
                <Table.Tr className={classes.row} data-selected={isSelected?.(row) || undefined} data-row={rowKey(row)}>
                  {columns.map((column) => (
                    <Cell key={column.label} column={column} row={row} />
                  ))}
                </Table.Tr>
                {expanded && (
                  <Table.Tr className={classes.expansion}>
                    <Table.Td colSpan={columns.length} data-bare>
                      {expanded}
                    </Table.Td>
                  </Table.Tr>
                )}
              </Fragment>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const content = column.cell(row);
  return (
    <Table.Td
      className={columnClass(column)}
      data-label={column.hiddenLabel ? '' : column.label}
      data-lead={column.lead || undefined}
      data-empty={content === null || undefined}
    >
      {content ?? '–'}
    </Table.Td>
  );
}

function columnClass(column: Pick<Column<never>, 'align' | 'shrink'>): string | undefined {
  const names = [column.align === 'end' && classes.end, column.shrink && classes.shrink].filter(Boolean);
  return names.length > 0 ? names.join(' ') : undefined;
}
