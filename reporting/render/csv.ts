// A statement as CSV (RFC 4180: comma, CRLF, quotes doubled) for spreadsheets and programs.
// Amounts have a dot and two decimals; a text cannot start a formula in a spreadsheet.

import { stringify } from 'csv-stringify/sync';
import { type AccountMovements, type AccountOverview, runningBalances } from '../statement.ts';
import { decimalOfCents } from './format.ts';
import type { Statement } from './letter.ts';

export const CSV_COLUMNS = [
  'record',
  'iban',
  'holder',
  'product',
  'booked_on',
  'value_on',
  'transaction_id',
  'category',
  'counterparty',
  'counterparty_iban',
  'reference',
  'currency',
  'amount',
  'balance',
] as const;

type Row = Partial<Record<(typeof CSV_COLUMNS)[number], string>>;

/** One row per transaction, between an `opening` and a `closing` row for each account; last a `total` row. */
export function renderCsv({ movements, summary }: Statement): string {
  const rows: Row[] = movements.accounts.flatMap((account, index) =>
    accountRows(account, summary.accounts[index] as AccountOverview, movements),
  );
  const { in_cents, out_cents, closing_balance_cents } = summary.overall;
  rows.push({
    record: 'total',
    booked_on: summary.to_date,
    currency: summary.currency,
    amount: decimalOfCents(in_cents + out_cents),
    balance: decimalOfCents(closing_balance_cents),
  });
  return stringify(rows, {
    header: true,
    columns: [...CSV_COLUMNS],
    record_delimiter: 'windows',
    // Left to itself, the library quotes only the pair, and RFC 4180 has no bare CR or LF.
    quoted_match: /[\r\n]/,
  });
}

function accountRows(
  movements: AccountMovements,
  totals: AccountOverview,
  period: { from_date: string; to_date: string },
): Row[] {
  const { account, transactions } = movements;
  const balances = runningBalances(movements);
  const common = {
    iban: totals.iban,
    holder: asText(account.holder_name),
    product: asText(account.product),
    currency: account.currency,
  };
  return [
    {
      ...common,
      record: 'opening',
      booked_on: period.from_date,
      balance: decimalOfCents(totals.opening_balance_cents),
    },
    ...transactions.map((transaction, index) => ({
      ...common,
      record: 'transaction',
      booked_on: transaction.booked_on,
      value_on: transaction.value_on,
      transaction_id: String(transaction.transaction_id),
      category: asText(transaction.category),
      counterparty: asText(transaction.counterparty),
      counterparty_iban: transaction.counterparty_iban ?? '',
      reference: asText(transaction.reference),
      amount: decimalOfCents(transaction.amount_cents),
      balance: decimalOfCents(balances[index] as number),
    })),
    {
      ...common,
      record: 'closing',
      booked_on: period.to_date,
      amount: decimalOfCents(totals.in_cents + totals.out_cents),
      balance: decimalOfCents(totals.closing_balance_cents),
    },
  ];
}

/** An apostrophe before what a spreadsheet would take for a formula (OWASP, CSV injection). Amounts need none: they are numbers. */
function asText(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}
