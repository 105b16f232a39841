// The CSV: what RFC 4180 reads back is what was written, and no cell is a formula.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CSV_COLUMNS, renderCsv } from '../../../reporting/render/csv.ts';
import { makeAccount, makeManyTransactions, makeStatement, makeTransaction } from '../statements.ts';

/** Reads a file after the grammar of RFC 4180; anything else is an error. */
function readCsv(file: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (cell.lastIndex < file.length) {
    const at = cell.lastIndex;
    const match = cell.exec(file);
    if (!match) throw new Error(`Not CSV from ${at}: ${JSON.stringify(file.slice(at, at + 60))}`);
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') rows.push([]);
  }
  const [header = [], ...records] = rows.slice(0, -1);
  return records.map((record) => {
    expect(record.length).toBe(header.length);
    return Object.fromEntries(header.map((name, index) => [name, record[index] as string]));
  });
}

test('has a header, an opening and a closing row for each account, and a total', () => {
  const accounts = [
    makeAccount([makeTransaction({ amount_cents: -5 }), makeTransaction({ amount_cents: 1_000_000 })]),
    makeAccount([], { iban: 'IE25CQBK99041710245489', opening_balance_cents: -99 }),
  ];
  const file = renderCsv(makeStatement(accounts));
  expect(file.split('\r\n')[0]).toBe(CSV_COLUMNS.join(','));
  const rows = readCsv(file);
  expect(rows.map(({ record, amount, balance }) => [record, amount, balance])).toEqual([
    ['opening', '', '1000.00'],
    ['transaction', '-0.05', '999.95'],
    ['transaction', '10000.00', '10999.95'],
    ['closing', '9999.95', '10999.95'],
    ['opening', '', '-0.99'],
    ['closing', '0.00', '-0.99'],
    ['total', '9999.95', '10998.96'],
  ]);
  expect(rows[4]?.iban).toBe('IE25CQBK99041710245489');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("http://x","y")'])(
  'a text %j cannot start a formula',
  (text) => {
    const transaction = makeTransaction({
      counterparty: text,
      counterparty_iban: text,
      reference: text,
      category: text,
    });
    const rows = readCsv(renderCsv(makeStatement([makeAccount([transaction], { holder_name: text, product: text })])));
    const { counterparty, counterparty_iban, reference, category, holder, product, amount } = rows[1] ?? {};
    expect([counterparty, counterparty_iban, reference, category, holder, product]).toEqual(Array(6).fill(`'${text}`));
    // Amounts are numbers: they stay as they are.
    expect(amount).toBe('-12.34');
  },
);

test('any text comes back as it was', () => {
  const property = fc.property(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    (counterparty, reference) => {
      const [, row] = readCsv(renderCsv(makeStatement([makeAccount([makeTransaction({ counterparty, reference })])])));
      expect(row?.counterparty?.replace(/^'(?=[=+\-@\t\r\n])/, '')).toBe(counterparty);
      expect(row?.reference?.replace(/^'(?=[=+\-@\t\r\n])/, '')).toBe(reference);
    },
  );
  fc.assert(property);
});

test('every transaction has its row', () => {
  const account = makeAccount(makeManyTransactions(500));
  const rows = readCsv(renderCsv(makeStatement([account]))).filter(({ record }) => record === 'transaction');
  expect(rows.map(({ transaction_id }) => Number(transaction_id))).toEqual(
    account.transactions.map(({ transaction_id }) => transaction_id),
  );
});
