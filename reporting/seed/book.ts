// One customer's books: the entries so far and the balance of each account.
// A transfer between two accounts of the customer is entered on both.

import type { Category } from '../categories.ts';
import type { Counterparty } from './counterparties.ts';

export interface SeedAccount {
  account_id: number;
  iban: string;
  product: string;
  customer_no: string;
  holder_name: string;
  address: string[];
  opened_on: string;
  opening_balance_cents: number;
}

/** An entry; days are counted from 1970-01-01. */
export interface SeedEntry {
  account_id: number;
  booked_day: number;
  value_day: number;
  /** Positive: money in. */
  amount_cents: number;
  category: Category;
  counterparty: string;
  counterparty_iban: string | null;
  reference: string;
}

/** Positive cents are money in. The value date defaults to the booking day. */
interface Entry {
  cents: number;
  category: Category;
  other: Counterparty;
  reference: string;
  value_day?: number;
}

export class Book {
  readonly entries: SeedEntry[] = [];
  readonly #holdings = new Map<number, number>();
  readonly #holder: string;

  constructor(accounts: readonly SeedAccount[]) {
    this.#holder = accounts[0]?.holder_name ?? '';
    for (const account of accounts) this.#holdings.set(account.account_id, account.opening_balance_cents);
  }

  /** The balance of an account, in cents, after all entries so far. */
  holds(account: SeedAccount): number {
    return this.#holdings.get(account.account_id) ?? 0;
  }

  enter(account: SeedAccount, booked_day: number, entry: Entry): void {
    if (entry.cents === 0) return;
    this.#holdings.set(account.account_id, this.holds(account) + entry.cents);
    this.entries.push({
      account_id: account.account_id,
      booked_day,
      value_day: entry.value_day ?? booked_day,
      amount_cents: entry.cents,
      category: entry.category,
      counterparty: entry.other.name,
      counterparty_iban: entry.other.iban || null,
      reference: entry.reference,
    });
  }

  move(from: SeedAccount, to: SeedAccount, day: number, cents: number, reference: string): void {
    const holderOf = (account: SeedAccount) => ({ name: this.#holder, iban: account.iban });
    this.enter(from, day, { cents: -cents, category: 'transfer', other: holderOf(to), reference });
    this.enter(to, day, { cents, category: 'transfer', other: holderOf(from), reference });
  }
}
