// The overview: a line for each account, a chart of the months, and the categories.

import { categoryLabel } from '../../categories.ts';
import { formatIban } from '../../iban.ts';
import type { AccountOverview, CategoryTotal, MonthTotal } from '../../statement.ts';
import { formatAxis, formatAxisMonth, formatCents, formatChange, formatMonth, niceCeiling } from '../format.ts';
import { type Heading, highestOf, type Statement } from '../letter.ts';
import type { Flow } from './flow.ts';
import { PAGE, type Paper } from './paper.ts';
import { COLORS, colorOfBalance, TEXT } from './style.ts';

const MIDDLE = (PAGE.left + PAGE.right) / 2;
const GUTTER = 14;

/** One line per account. */
export function drawAccounts(flow: Flow, { movements, summary }: Statement, heading: Heading): void {
  const { paper } = flow;
  const columns = [330, 402, 474, PAGE.right];
  const drawHead = () => {
    const labels = ['Opening balance', 'Money in', 'Money out', 'Closing balance'];
    paper.text(PAGE.left, flow.y + 8, 'Account', TEXT.label);
    for (const [index, x] of columns.entries())
      paper.text(x, flow.y + 8, labels[index] as string, { ...TEXT.label, align: 'right' });
    paper.line(PAGE.left, flow.y + 13, PAGE.right, flow.y + 13, COLORS.brand, 0.8);
    flow.y += 14;
  };
  flow.need(70);
  paper.text(PAGE.left, flow.y + 10, 'Your accounts', TEXT.heading);
  flow.y += 18;
  drawHead();
  for (const [index, totals] of summary.accounts.entries()) {
    if (flow.need(26)) drawHead();
    const account = movements.accounts[index]?.account;
    const holder = heading.has_several_holders && account ? ` · ${account.holder_name}` : '';
    paper.text(PAGE.left, flow.y + 10, `${account?.product ?? ''}${holder}`, { ...TEXT.strong, max_width: 205 });
    paper.text(PAGE.left, flow.y + 19.5, formatIban(totals.iban), TEXT.small);
    drawTotals(paper, flow.y + 14, totals, columns);
    flow.y += 25;
    paper.line(PAGE.left, flow.y, PAGE.right, flow.y, COLORS.hair, 0.5);
  }
  flow.y += 18;
}

function drawTotals(paper: Paper, y: number, totals: AccountOverview, columns: readonly number[]): void {
  const { opening_balance_cents, in_cents, out_cents, closing_balance_cents } = totals;
  const cells = [opening_balance_cents, in_cents, out_cents, closing_balance_cents];
  for (const [index, cents] of cells.entries()) {
    const isBalance = index === 0 || index === 3;
    paper.text(columns[index] as number, y, formatCents(cents, '–'), {
      ...(index === 3 ? TEXT.strong : TEXT.body),
      color: isBalance ? colorOfBalance(cents) : COLORS.ink,
      align: 'right',
    });
  }
}

/** The months: bars of money in and out on the left, their numbers on the right. */
export function drawMonths(flow: Flow, { summary }: Statement): void {
  const { paper } = flow;
  const { months, transaction_count } = summary.overall;
  const row = months.length > 12 ? 11 : 13;
  const tableHeight = months.length * row + 16;
  // No chart without transactions, or when the table beside it would not fit on one page.
  const hasChart = transaction_count > 0 && tableHeight <= 520;
  const chartHeight = hasChart ? Math.min(170, Math.max(104, tableHeight)) : 0;
  flow.need(18 + Math.max(chartHeight, Math.min(tableHeight, 520)));
  paper.text(PAGE.left, flow.y + 10, 'Month by month', TEXT.heading);
  flow.y += 18;
  const top = flow.y;
  if (hasChart) drawChart(paper, months, PAGE.left, top, MIDDLE - GUTTER - PAGE.left, chartHeight);
  drawMonthTable(flow, months, hasChart ? MIDDLE + GUTTER : PAGE.left, PAGE.right, row);
  flow.y = (hasChart ? Math.max(flow.y, top + chartHeight) : flow.y) + 18;
}

function drawMonthTable(flow: Flow, months: readonly MonthTotal[], left: number, right: number, row: number): void {
  const { paper } = flow;
  const columns = [right - (right - left) * 0.48, right - (right - left) * 0.245, right];
  const drawHead = () => {
    for (const [index, label] of ['Money in', 'Money out', 'Balance'].entries()) {
      paper.text(columns[index] as number, flow.y + 8, label, { ...TEXT.label, align: 'right' });
    }
    paper.text(left, flow.y + 8, 'Month', TEXT.label);
    paper.line(left, flow.y + 13, right, flow.y + 13, COLORS.brand, 0.8);
    flow.y += 14;
  };
  drawHead();
  for (const month of months) {
    if (flow.need(row)) drawHead();
    const y = flow.y + row - 4;
    paper.text(left, y, formatMonth(month.month), { ...TEXT.body, size: 7.5 });
    for (const [index, cents] of [month.in_cents, month.out_cents, month.closing_balance_cents].entries()) {
      const color = index === 2 ? colorOfBalance(cents) : COLORS.ink;
      paper.text(columns[index] as number, y, formatCents(cents, '–'), {
        ...TEXT.body,
        size: 7.5,
        color,
        align: 'right',
      });
    }
    flow.y += row;
    paper.line(left, flow.y, right, flow.y, COLORS.hair, 0.4);
  }
}

function drawChart(
  paper: Paper,
  months: readonly MonthTotal[],
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  const highest = niceCeiling(highestOf(months));
  const axis = left + 30;
  const base = top + height - 24;
  const room = base - top - 6;
  for (const part of [0, 0.5, 1]) {
    const y = base - room * part;
    paper.line(axis, y, left + width, y, part === 0 ? COLORS.muted : COLORS.hair, part === 0 ? 0.7 : 0.5);
    paper.text(axis - 4, y + 2.2, formatAxis(highest * part), { ...TEXT.small, size: 6, align: 'right' });
  }
  const slot = (left + width - axis) / months.length;
  const bar = Math.min(14, slot * 0.36);
  // At most twelve labels fit side by side.
  const every = Math.ceil(months.length / 12);
  for (const [index, month] of months.entries()) {
    const center = axis + slot * (index + 0.5);
    const rise = (cents: number) => (room * cents) / highest;
    paper.box(center - bar - 0.4, base - rise(month.in_cents), bar, rise(month.in_cents), COLORS.brand);
    paper.box(center + 0.4, base - rise(-month.out_cents), bar, rise(-month.out_cents), COLORS.accent);
    if (index % every === 0)
      paper.text(center, base + 8, formatAxisMonth(month.month, index === 0), {
        ...TEXT.small,
        size: 6,
        align: 'center',
      });
  }
  drawKey(paper, axis, top + height - 2);
}

function drawKey(paper: Paper, x: number, y: number): void {
  paper.box(x, y - 5, 5, 5, COLORS.brand);
  paper.text(x + 8, y, 'Money in', { ...TEXT.small, size: 6.5 });
  paper.box(x + 48, y - 5, 5, 5, COLORS.accent);
  paper.text(x + 56, y, 'Money out', { ...TEXT.small, size: 6.5 });
}

/** The categories in two columns, each with its money in and out and two slim bars for their size. */
export function drawCategories(flow: Flow, { summary }: Statement): void {
  const { categories } = summary.overall;
  if (categories.length === 0) return;
  const { paper } = flow;
  const rows = Math.ceil(categories.length / 2);
  flow.need(rows * 15 + 42);
  paper.text(PAGE.left, flow.y + 10, 'By category', TEXT.heading);
  flow.y += 18;
  const highest = Math.max(1, highestOf(categories));
  for (const [column, left] of [PAGE.left, MIDDLE + GUTTER].entries()) {
    const width = MIDDLE - GUTTER - PAGE.left;
    paper.text(left, flow.y + 8, 'Category', TEXT.label);
    paper.text(left + width * 0.76, flow.y + 8, 'Money in', { ...TEXT.label, align: 'right' });
    paper.text(left + width, flow.y + 8, 'Money out', { ...TEXT.label, align: 'right' });
    paper.line(left, flow.y + 13, left + width, flow.y + 13, COLORS.brand, 0.8);
    for (const [index, category] of categories.slice(column * rows, (column + 1) * rows).entries()) {
      drawCategory(paper, category, left, flow.y + 14 + index * 15, width, highest);
    }
  }
  flow.y += 14 + rows * 15 + 20;
}

function drawCategory(
  paper: Paper,
  total: CategoryTotal,
  left: number,
  y: number,
  width: number,
  highest: number,
): void {
  const bar = left + width * 0.36;
  const longest = width * 0.17;
  paper.text(left, y + 10, categoryLabel(total.category), { ...TEXT.body, size: 7.5, max_width: width * 0.35 });
  paper.box(bar, y + 4, (longest * total.in_cents) / highest, 3, COLORS.brand);
  paper.box(bar, y + 8, (longest * -total.out_cents) / highest, 3, COLORS.accent);
  const style = { ...TEXT.body, size: 7.5, align: 'right' } as const;
  if (total.in_cents > 0) paper.text(left + width * 0.76, y + 10, formatChange(total.in_cents, '–'), style);
  if (total.out_cents < 0) paper.text(left + width, y + 10, formatChange(total.out_cents, '–'), style);
  paper.line(left, y + 15, left + width, y + 15, COLORS.hair, 0.4);
}
