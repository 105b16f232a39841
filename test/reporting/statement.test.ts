// Adding up: every total follows from the transactions, and opening + in + out = closing wherever it is said.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CATEGORY_KEYS } from '../../reporting/categories.ts';
import { decodeMovements, encodeMovements } from '../../reporting/movements.ts';
import { type Movements, monthsBetween, runningBalances, summarize } from '../../reporting/statement.ts';
import { makeAccount, makeStatement, makeTransaction } from './statements.ts';

test('months of a period include its first and last, and those without a booking', () => {
  expect(monthsBetween('2025-11-30', '2026-02-01')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
  expect(monthsBetween('2026-05-05', '2026-05-05')).toEqual(['2026-05']);
  expect(monthsBetween('0999-12-31', '1000-01-01')).toEqual(['0999-12', '1000-01']);
});

test('an account and a month are added up', () => {
  const account = makeAccount([
    makeTransaction({ booked_on: '2026-01-02', amount_cents: -5_000, category: 'groceries' }),
    makeTransaction({ booked_on: '2026-01-30', amount_cents: 200_000, category: 'salary' }),
    makeTransaction({ booked_on: '2026-03-01', amount_cents: -300_000, category: 'rent' }),
  ]);
  const { summary } = makeStatement([account]);
  expect(runningBalances(account)).toEqual([95_000, 295_000, -5_000]);
  expect(summary.accounts[0]).toEqual({
    iban: account.account.iban,
    opening_balance_cents: 100_000,
    in_cents: 200_000,
    out_cents: -305_000,
    closing_balance_cents: -5_000,
    transaction_count: 3,
    categories: [
      { category: 'salary', in_cents: 200_000, out_cents: 0, transaction_count: 1 },
      { category: 'rent', in_cents: 0, out_cents: -300_000, transaction_count: 1 },
      { category: 'groceries', in_cents: 0, out_cents: -5_000, transaction_count: 1 },
    ],
    months: [
      {
        month: '2026-01',
        opening_balance_cents: 100_000,
        in_cents: 200_000,
        out_cents: -5_000,
        closing_balance_cents: 295_000,
        transaction_count: 2,
      },
      {
        month: '2026-02',
        opening_balance_cents: 295_000,
        in_cents: 0,
        out_cents: 0,
        closing_balance_cents: 295_000,
        transaction_count: 0,
      },
      {
        month: '2026-03',
        opening_balance_cents: 295_000,
        in_cents: 0,
        out_cents: -300_000,
        closing_balance_cents: -5_000,
        transaction_count: 1,
      },
    ],
  });
});

const transactions = fc.array(
  fc.record({
    booked_on: fc.constantFrom('2026-01-01', '2026-01-31', '2026-02-14', '2026-03-31'),
    amount_cents: fc.integer({ min: -10_000_000, max: 10_000_000 }).filter((cents) => cents !== 0),
    category: fc.constantFrom(...CATEGORY_KEYS),
    counterparty: fc.string({ unit: 'grapheme' }),
    reference: fc.string({ unit: 'grapheme' }),
  }),
  { maxLength: 40 },
);
const movements: fc.Arbitrary<Movements> = fc
  .array(fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), transactions), { maxLength: 4 })
  .map((accounts) => ({
    from_date: '2026-01-01',
    to_date: '2026-03-31',
    accounts: accounts.map(([opening_balance_cents, items]) =>
      makeAccount(
        items.map((item) => makeTransaction(item)).sort((a, b) => (a.booked_on < b.booked_on ? -1 : 1)),
        { opening_balance_cents },
      ),
    ),
  }));

test('nothing is lost between transactions, categories, months, accounts and the whole', () => {
  fc.assert(
    fc.property(movements, (drawn) => {
      const { accounts, overall } = summarize(drawn);
      const sum = (items: readonly { in_cents: number; out_cents: number }[]) =>
        items.reduce((total, item) => total + item.in_cents + item.out_cents, 0);
      for (const totals of [...accounts, overall]) {
        const change = totals.in_cents + totals.out_cents;
        expect(totals.opening_balance_cents + change).toBe(totals.closing_balance_cents);
        expect(sum(totals.categories)).toBe(change);
        expect(sum(totals.months)).toBe(change);
        expect(totals.months.at(-1)?.closing_balance_cents).toBe(totals.closing_balance_cents);
      }
      expect(sum(accounts)).toBe(overall.in_cents + overall.out_cents);
      for (const [index, account] of drawn.accounts.entries()) {
        const last = runningBalances(account).at(-1) ?? account.account.opening_balance_cents;
        expect(last).toBe(accounts[index]?.closing_balance_cents);
      }
    }),
  );
});

test('movements come back from their file as they were written', () => {
  const roundTrip = fc.property(movements, (drawn) => {
    expect(decodeMovements(encodeMovements(drawn))).toEqual(drawn);
  });
  fc.assert(roundTrip);
});

test('a truncated file is not taken for whole', () => {
  const text = encodeMovements(makeStatement([makeAccount([makeTransaction(), makeTransaction()])]).movements);
  const lines = text.trimEnd().split('\n');
  for (let kept = 1; kept < lines.length; kept++) {
    expect(() => decodeMovements(lines.slice(0, kept).join('\n'))).toThrow(/not what the head says/);
  }
  expect(() => decodeMovements('')).toThrow();
});
