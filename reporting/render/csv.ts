// A statement as CSV (RFC 4180: comma, CRLF, quotes doubled) for spreadsheets and programs.
// Amounts have a dot and two decimals; a text cannot start a formula in a spreadsheet.

import { stringify } from 'csv-stringify/sync';
import { type AccountMovements, type AccountOverview, type LedgerTransaction, runningBalances } from '../statement.ts';
import { decimalOfCents } from './format.ts';
import type { Statement } from './letter.ts';

// Rows are arrays in this order: named columns cost five times as much as the rest of a CSV statement.
export const CSV_COLUMNS =
  'record,iban,holder,product,currency,booked_on,value_on,transaction_id,category,counterparty,counterparty_iban,reference,amount,balance'.split(
    ',',
  );

/** One row per transaction, between an `opening` and a `closing` row for each account; last a `total` row. */
export function renderCsv({ movements, summary }: Statement): string {
  const rows = movements.accounts.flatMap((account, index) =>
    accountRows(account, summary.accounts[index] as AccountOverview, movements),
  );
  const { in_cents, out_cents, closing_balance_cents } = summary.overall;
  const total = ['total', '', '', '', summary.currency, summary.to_date];
  return stringify(
    [CSV_COLUMNS, ...rows, balanceRow(total, decimalOfCents(in_cents + out_cents), closing_balance_cents)],
    {
      record_delimiter: 'windows',
      // By default the library quotes CRLF only; RFC 4180 has no bare CR or LF.
      quoted_match: /[\r\n]/,
    },
  );
}

function accountRows(
  movements: AccountMovements,
  totals: AccountOverview,
  period: { from_date: string; to_date: string },
): string[][] {
  const { account, transactions } = movements;
  const balances = runningBalances(movements);
  const about = [totals.iban, asText(account.holder_name), asText(account.product), account.currency];
  const change = decimalOfCents(totals.in_cents + totals.out_cents);
  return [
    balanceRow(['opening', ...about, period.from_date], '', totals.opening_balance_cents),
    ...transactions.map((transaction, index) => transactionRow(about, transaction, balances[index] as number)),
    balanceRow(['closing', ...about, period.to_date], change, totals.closing_balance_cents),
  ];
}

function balanceRow(start: string[], amount: string, balance_cents: number): string[] {
  return [...start, '', '', '', '', '', '', amount, decimalOfCents(balance_cents)];
}

function transactionRow(about: string[], transaction: LedgerTransaction, balance_cents: number): string[] {
  return [
    'transaction',
    ...about,
    transaction.booked_on,
    transaction.value_on,
    String(transaction.transaction_id),
    asText(transaction.category),
    asText(transaction.counterparty),
    asText(transaction.counterparty_iban ?? ''),
    asText(transaction.reference),
    decimalOfCents(transaction.amount_cents),
    decimalOfCents(balance_cents),
  ];
}

/**
 * An apostrophe before a text that a spreadsheet would take for a formula (OWASP, CSV injection). Amounts are numbers.
 */
function asText(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}
