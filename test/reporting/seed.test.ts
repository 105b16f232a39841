// The generated ledger: the same for everyone, and as books should be.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { CATEGORY_KEYS } from '../../reporting/categories.ts';
import { FIRST_DAY, isBusinessDay, LAST_DAY, toDate } from '../../reporting/seed/calendar.ts';
import { ACCOUNT_COUNT, CUSTOMER_COUNT, generateCustomer } from '../../reporting/seed/generate.ts';
import { createRandom } from '../../reporting/seed/random.ts';

const books = Array.from({ length: CUSTOMER_COUNT }, (_, index) => generateCustomer(index));
const accounts = books.flatMap((book) => book.accounts);
const entries = books.flatMap((book) => book.entries);

test('is the same on every machine and in every run', () => {
  const digest = createHash('sha256');
  for (const account of accounts) digest.update(JSON.stringify(account));
  for (const entry of entries) digest.update(JSON.stringify(entry));
  expect(digest.digest('hex')).toBe('0b106fc78ad7f0cb5e8c8dcdc777aac5da16f78b088f318e17cb4d36fe75bacd');
});

test('has 1,000 accounts and about 250,000 transactions in two years', () => {
  expect(accounts.map((account) => account.account_id)).toEqual(
    Array.from({ length: ACCOUNT_COUNT }, (_, index) => index + 1),
  );
  expect(entries.length).toBeGreaterThan(240_000);
  expect(entries.length).toBeLessThan(265_000);
  expect([toDate(FIRST_DAY), toDate(LAST_DAY)]).toEqual(['2025-01-01', '2026-12-31']);
});

test('entries are whole cents, never zero, of a known category, booked in time on business days', () => {
  const wrong = entries.filter(
    (entry) =>
      !Number.isSafeInteger(entry.amount_cents) ||
      entry.amount_cents === 0 ||
      !(CATEGORY_KEYS as string[]).includes(entry.category) ||
      entry.booked_day < FIRST_DAY ||
      entry.booked_day > LAST_DAY ||
      !isBusinessDay(entry.booked_day),
  );
  expect(wrong).toEqual([]);
});

test('a transfer between accounts of one customer is on both', () => {
  const own = new Map(accounts.map((account) => [account.iban, account.account_id]));
  const transfers = entries.filter((entry) => entry.counterparty_iban !== null && own.has(entry.counterparty_iban));
  const key = (from: number, to: number, entry: { booked_day: number; amount_cents: number }) =>
    `${from} ${to} ${entry.booked_day} ${Math.abs(entry.amount_cents)}`;
  const side = (sign: number) =>
    transfers
      .filter((entry) => Math.sign(entry.amount_cents) === sign)
      .map((entry) => {
        const other = own.get(entry.counterparty_iban as string) as number;
        return sign < 0 ? key(entry.account_id, other, entry) : key(other, entry.account_id, entry);
      })
      .sort();
  expect(side(-1).length).toBeGreaterThan(10_000);
  expect(side(-1)).toEqual(side(1));
});

test('entries of an account come in the order of their days', () => {
  const outOfOrder = entries.filter((entry, index) => {
    const before = entries[index - 1];
    return before?.account_id === entry.account_id && before.booked_day > entry.booked_day;
  });
  expect(outOfOrder).toEqual([]);
});

test('holders include names that Latin-1 cannot write', () => {
  const beyond = accounts.filter(({ holder_name }) =>
    [...holder_name].some((letter) => letter > '\u00ff' && letter !== '’'),
  );
  expect(beyond.length).toBeGreaterThan(20);
});

test('random draws stay in their bounds and differ by key', () => {
  const random = createRandom(7);
  const draws = Array.from({ length: 20_000 }, () => random.int(-3, 3));
  expect([Math.min(...draws), Math.max(...draws)]).toEqual([-3, 3]);
  for (const value of [-3, -2, -1, 0, 1, 2, 3]) {
    const share = draws.filter((draw) => draw === value).length / draws.length;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.17);
  }
  const series = (...key: number[]) => {
    const { digits } = createRandom(...key);
    return digits(12);
  };
  expect(series(1, 2)).toBe(series(1, 2));
  expect(new Set([series(1, 2), series(2, 1), series(1), series(2), series()]).size).toBe(5);
});
