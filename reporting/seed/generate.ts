// The whole ledger as data: 334 customers with 1,000 accounts and their transactions from 2025-01-01 to 2026-12-31.
// Pure: the same on every machine. A different ledger needs a different LEDGER_SEED.

import { makeIban } from '../iban.ts';
import { Book, type SeedAccount, type SeedEntry } from './book.ts';
import { liveBusinessMonth, planBusiness } from './business.ts';
import { MONTHS } from './calendar.ts';
import { type Customer, makeCustomer } from './people.ts';
import { livePersonMonth, planPerson } from './person.ts';
import { createRandom, type Random } from './random.ts';

export const ACCOUNT_COUNT = 1000;
/** Ids are consecutive: accounts 1-3 are the first customer's. The last customer has the remaining one. */
export const ACCOUNTS_PER_CUSTOMER = 3;
export const CUSTOMER_COUNT = Math.ceil(ACCOUNT_COUNT / ACCOUNTS_PER_CUSTOMER);
const LEDGER_SEED = 20_250_101;

export interface CustomerBooks {
  accounts: SeedAccount[];
  /** By account, then day, then as entered. */
  entries: SeedEntry[];
}

const PRODUCTS = {
  person: ['Current account', 'Everyday account', 'Savings account'],
  business: ['Business account', 'Payroll account', 'Reserve account'],
} as const;

/** The IBAN of account 1-1000: known without asking the database. */
export function ibanOfAccount(account_id: number): string {
  return makeIban('IE', `CQBK990417${String(10_000_000 + account_id * 7919).slice(-8)}`);
}

/** The books of customer 0-333. */
export function generateCustomer(index: number): CustomerBooks {
  const random = createRandom(LEDGER_SEED, index);
  const customer = makeCustomer(index, random);
  const accounts = openAccounts(customer, index, random);
  const book = new Book(accounts);
  if (customer.kind === 'business') {
    const plan = planBusiness(random);
    for (const month of MONTHS) liveBusinessMonth(book, plan, accounts, month, random);
  } else {
    const plan = planPerson(customer.town, random);
    for (const month of MONTHS) livePersonMonth(book, plan, accounts, month, random);
  }
  // The sort is stable: entries of one day stay in their order.
  const entries = book.entries.sort((a, b) => a.account_id - b.account_id || a.booked_day - b.booked_day);
  return { accounts, entries };
}

function openAccounts(customer: Customer, index: number, random: Random): SeedAccount[] {
  const first = index * ACCOUNTS_PER_CUSTOMER + 1;
  const count = Math.min(ACCOUNTS_PER_CUSTOMER, ACCOUNT_COUNT - first + 1);
  const opening = customer.kind === 'business' ? [1_900_000, 240_000, 4_200_000] : [185_000, 32_000, 640_000];
  return Array.from({ length: count }, (_, position) => ({
    account_id: first + position,
    iban: ibanOfAccount(first + position),
    product: PRODUCTS[customer.kind][position] as string,
    customer_no: customer.customer_no,
    holder_name: customer.name,
    address: customer.address,
    opened_on: `${random.int(2009, 2024)}-${String(random.int(1, 11)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`,
    opening_balance_cents: Math.floor(((opening[position] as number) * random.int(40, 220)) / 100) + random.int(0, 99),
  }));
}
