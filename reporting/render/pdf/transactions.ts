// One account's transactions as a table with a running balance.
// Every page repeats the head of the table and carries the balance forward.

import { categoryLabel } from '../../categories.ts';
import { formatIban } from '../../iban.ts';
import {
  type AccountMovements,
  type AccountOverview,
  type LedgerTransaction,
  runningBalances,
} from '../../statement.ts';
import { formatCents, formatChange, formatLongDate, formatMonth, formatShortDate } from '../format.ts';
import { detailOf, movementOf } from '../letter.ts';
import type { Flow } from './flow.ts';
import { PAGE } from './paper.ts';
import { COLORS, colorOfBalance, colorOfChange, TEXT } from './style.ts';

const COLUMNS = { date: PAGE.left, details: PAGE.left + 58, category: 358, amount: 476, balance: PAGE.right } as const;
const ROW = 21.5;
const CARRY = 16;
const CLOSING = 34;

/** The period's dates are those of the statement; totals are the account's own. */
export function drawTransactions(
  flow: Flow,
  movements: AccountMovements,
  totals: AccountOverview,
  holder: string | null,
  period: { from_date: string; to_date: string },
): void {
  flow.need(130);
  drawAccountHead(flow, movements, holder, false);
  drawTableHead(flow);
  drawCarried(flow, `Opening balance before ${formatLongDate(period.from_date)}`, totals.opening_balance_cents);
  const balances = runningBalances(movements);
  const isLong = totals.months.length > 1;
  let balance = totals.opening_balance_cents;
  let month = '';
  for (const [index, transaction] of movements.transactions.entries()) {
    const isNewMonth = isLong && transaction.booked_on.slice(0, 7) !== month;
    // Neither the name of a month nor the closing balance stands alone on a page, and the balance carried forward needs
    // a line.
    const foot = index === movements.transactions.length - 1 ? CLOSING : CARRY;
    if (!flow.hasRoom((isNewMonth ? CARRY + ROW : ROW) + foot)) turnPage(flow, movements, holder, balance);
    if (isNewMonth) {
      month = transaction.booked_on.slice(0, 7);
      drawMonthHead(flow, month, totals);
    }
    balance = balances[index] as number;
    drawTransaction(flow, transaction, balance);
  }
  if (movements.transactions.length === 0) drawNothing(flow);
  drawClosing(flow, totals, period.to_date);
}

function turnPage(flow: Flow, movements: AccountMovements, holder: string | null, balance: number): void {
  drawCarried(flow, 'Balance carried forward', balance);
  flow.newPage();
  drawAccountHead(flow, movements, holder, true);
  drawTableHead(flow);
  drawCarried(flow, 'Balance brought forward', balance);
}

function drawAccountHead(flow: Flow, { account }: AccountMovements, holder: string | null, isContinued: boolean): void {
  const { paper } = flow;
  const title = isContinued ? `${account.product}, continued` : account.product;
  paper.text(PAGE.left, flow.y + 11, holder ? `${title} · ${holder}` : title, { ...TEXT.heading, max_width: 320 });
  paper.text(PAGE.right, flow.y + 11, `IBAN ${formatIban(account.iban)}`, { ...TEXT.body, align: 'right' });
  flow.y += 19;
}

function drawTableHead(flow: Flow): void {
  const { paper, y } = flow;
  const style = { size: 7, weight: 'bold', color: COLORS.white } as const;
  paper.box(PAGE.left, y, PAGE.right - PAGE.left, 15, COLORS.brand);
  paper.text(COLUMNS.date + 5, y + 10, 'Booked', style);
  paper.text(COLUMNS.details, y + 10, 'Details', style);
  paper.text(COLUMNS.category, y + 10, 'Category', style);
  paper.text(COLUMNS.amount, y + 10, 'Amount €', { ...style, align: 'right' });
  paper.text(COLUMNS.balance - 5, y + 10, 'Balance €', { ...style, align: 'right' });
  flow.y += 15;
}

function drawCarried(flow: Flow, label: string, balance: number): void {
  const { paper, y } = flow;
  paper.box(PAGE.left, y, PAGE.right - PAGE.left, CARRY, COLORS.tint);
  paper.text(COLUMNS.details, y + 10.8, label, { ...TEXT.body, size: 8, color: COLORS.muted });
  paper.text(COLUMNS.balance - 5, y + 10.8, formatCents(balance, '–'), {
    ...TEXT.strong,
    size: 8,
    color: colorOfBalance(balance),
    align: 'right',
  });
  flow.y += CARRY;
}

function drawMonthHead(flow: Flow, month: string, totals: AccountOverview): void {
  const { paper, y } = flow;
  const total = totals.months.find((one) => one.month === month);
  paper.text(COLUMNS.date + 5, y + 11.5, formatMonth(month), { ...TEXT.label, size: 7.5, color: COLORS.brand });
  if (total) {
    const text = `in ${formatChange(total.in_cents, '–')}   out ${formatChange(total.out_cents, '–')}`;
    paper.text(COLUMNS.balance - 5, y + 11.5, text, { ...TEXT.small, align: 'right' });
  }
  flow.y += CARRY;
  paper.line(PAGE.left, flow.y, PAGE.right, flow.y, COLORS.pale, 0.6);
}

function drawTransaction(flow: Flow, transaction: LedgerTransaction, balance: number): void {
  const { paper, y } = flow;
  const room = COLUMNS.category - COLUMNS.details - 8;
  const change = transaction.amount_cents;
  paper.text(COLUMNS.date + 5, y + 9.5, formatShortDate(transaction.booked_on), { ...TEXT.body, size: 7.5 });
  paper.text(COLUMNS.details, y + 9.5, transaction.counterparty, { ...TEXT.body, max_width: room });
  paper.text(COLUMNS.details, y + 18, detailOf(transaction), { ...TEXT.small, size: 6.5, max_width: room });
  paper.text(COLUMNS.category, y + 9.5, categoryLabel(transaction.category), { ...TEXT.small, max_width: 68 });
  paper.text(COLUMNS.amount, y + 9.5, formatChange(change, '–'), {
    ...TEXT.body,
    color: colorOfChange(change),
    align: 'right',
  });
  paper.text(COLUMNS.balance - 5, y + 9.5, formatCents(balance, '–'), {
    ...TEXT.body,
    color: colorOfBalance(balance),
    align: 'right',
  });
  flow.y += ROW;
  paper.line(PAGE.left, flow.y, PAGE.right, flow.y, COLORS.hair, 0.4);
}

function drawNothing(flow: Flow): void {
  flow.paper.text(COLUMNS.details, flow.y + 14, 'No transactions in this period.', {
    ...TEXT.body,
    color: COLORS.muted,
  });
  flow.y += 24;
}

function drawClosing(flow: Flow, totals: AccountOverview, to_date: string): void {
  const { paper, y } = flow;
  const balance = totals.closing_balance_cents;
  paper.line(PAGE.left, y, PAGE.right, y, COLORS.brand, 0.9);
  paper.text(COLUMNS.details, y + 13, `Closing balance on ${formatLongDate(to_date)}`, TEXT.strong);
  paper.text(COLUMNS.balance - 5, y + 13, formatCents(balance, '–'), {
    ...TEXT.strong,
    color: colorOfBalance(balance),
    align: 'right',
  });
  paper.text(COLUMNS.details, y + 23, movementOf(totals, '–'), TEXT.small);
  flow.y += 52;
}
