// The accounts of a private customer over two years: pay, rent, bills, shopping and savings.
// Spending depends on the balance, so that balances stay plausible.

import type { Book, SeedAccount } from './book.ts';
import { dayOf, type Month, monthLabel, onOrAfter, onOrBefore, toDate } from './calendar.ts';
import {
  BANK,
  CARRIERS,
  type Counterparty,
  EMPLOYERS,
  ENERGY,
  GROCERS,
  INSURERS,
  LANDLORDS,
  LENDERS,
  LOCAL_CARRIERS,
  makeForeignIban,
  PENSIONS,
  SHOPS,
  type Shop,
  SMALL_SHOPS,
  SUBSCRIPTIONS,
  TELECOM,
} from './counterparties.ts';
import { makePersonName } from './people.ts';
import type { Random } from './random.ts';

type Accounts = readonly SeedAccount[];
type BillCategory = 'utilities' | 'insurance' | 'subscriptions';

interface Bill {
  other: Counterparty;
  cents: number;
  /** How much a month's bill may vary. */
  spread_cents: number;
  day: number;
  category: BillCategory;
  reference: string;
}

export interface PersonPlan {
  town: string;
  is_pensioner: boolean;
  pay_cents: number;
  payer: Counterparty;
  pay_reference: string;
  pay_day: number;
  home_cents: number;
  home: Counterparty;
  home_reference: string;
  bills: Bill[];
  everyday_cents: number;
  saving_cents: number;
  card: string;
  everyday_card: string;
  friends: Counterparty[];
}

export function planPerson(town: string, random: Random): PersonPlan {
  const is_pensioner = random.chance(12);
  const pay_cents = is_pensioner ? random.int(148_000, 310_000) : random.int(195_000, 560_000);
  const percentOfPay = (from: number, to: number) => Math.floor((pay_cents * random.int(from, to)) / 100);
  const friends = Array.from({ length: 5 }, () => ({ name: makePersonName(random), iban: makeForeignIban(random) }));
  return {
    town,
    is_pensioner,
    pay_cents,
    payer: random.pick(is_pensioner ? PENSIONS : EMPLOYERS),
    pay_reference: is_pensioner ? 'Pension' : `Salary, staff no. ${random.digits(5)}`,
    pay_day: random.int(24, 28),
    home_cents: roundTo(percentOfPay(24, 33), 500),
    ...planHome(friends, random),
    bills: planBills(random),
    everyday_cents: roundTo(percentOfPay(11, 16), 5000),
    saving_cents: roundTo(percentOfPay(3, 11), 2500),
    card: random.digits(4),
    everyday_card: random.digits(4),
    friends,
  };
}

function planHome(friends: readonly Counterparty[], random: Random): Pick<PersonPlan, 'home' | 'home_reference'> {
  if (!random.chance(66)) {
    return { home: random.pick(LENDERS), home_reference: `Mortgage instalment, loan ${random.digits(8)}` };
  }
  return {
    home: random.pick([...LANDLORDS, ...friends.slice(0, 1)]),
    home_reference: `Rent, apartment ${random.int(1, 64)}`,
  };
}

function planBills(random: Random): Bill[] {
  const bill = (category: BillCategory, others: readonly Counterparty[], from: number, to: number, spread = 0) => ({
    category,
    other: random.pick(others),
    cents: random.int(from, to),
    spread_cents: spread,
    day: random.int(1, 28),
    reference: `Direct debit, mandate ${random.pick(['CE', 'MB', 'KX', 'QT'])}-${random.digits(6)}`,
  });
  return [
    bill('utilities', ENERGY, 6200, 14_800, 1900),
    bill('utilities', TELECOM, 1999, 4599),
    bill('utilities', TELECOM, 2999, 6999),
    bill('insurance', INSURERS, 4100, 16_900),
    bill('subscriptions', SUBSCRIPTIONS, 799, 1799),
    bill('subscriptions', SUBSCRIPTIONS, 999, 4999),
  ];
}

/** One month on the main account and, where the customer has them, the everyday and the savings account. */
export function livePersonMonth(book: Book, plan: PersonPlan, accounts: Accounts, month: Month, random: Random): void {
  const [main, everyday, savings] = accounts as [SeedAccount, SeedAccount?, SeedAccount?];
  receivePay(book, plan, main, month);
  payBills(book, plan, main, month, random);
  spend(book, plan, main, month, random);
  exchangeWithFriends(book, plan, main, month, random);
  if (everyday) keepHouse(book, plan, accounts, month, random);
  if (savings) save(book, plan, accounts, month, random);
  if (month.month % 3 === 0) settleQuarter(book, main, month);
}

function receivePay(book: Book, plan: PersonPlan, main: SeedAccount, month: Month): void {
  const raise = month.year === 2026 ? Math.floor(plan.pay_cents / 40) : 0;
  book.enter(main, onOrBefore(dayOf(month, plan.pay_day)), {
    cents: plan.pay_cents + raise,
    category: 'salary',
    other: plan.payer,
    reference: `${plan.pay_reference}, ${monthLabel(month)}`,
  });
  if (month.month !== 12 || plan.is_pensioner) return;
  book.enter(main, onOrBefore(dayOf(month, 15)), {
    cents: Math.floor(plan.pay_cents / 3),
    category: 'salary',
    other: plan.payer,
    reference: `Annual bonus ${month.year}`,
  });
}

function payBills(book: Book, plan: PersonPlan, main: SeedAccount, month: Month, random: Random): void {
  const reference = `${plan.home_reference}, ${monthLabel(month)}`;
  book.enter(main, onOrAfter(month.first), { cents: -plan.home_cents, category: 'rent', other: plan.home, reference });
  for (const { cents, spread_cents, day, category, other, reference } of plan.bills) {
    const billed = cents + random.int(-spread_cents, spread_cents);
    book.enter(main, onOrAfter(dayOf(month, day)), { cents: -billed, category, other, reference });
  }
}

function spend(book: Book, plan: PersonPlan, main: SeedAccount, month: Month, random: Random): void {
  const purse = { account: main, card: plan.card, town: plan.town };
  const isLean = book.holds(main) < plan.pay_cents / 3;
  const most = month.month === 12 ? 8 : 5;
  shop(book, purse, GROCERS, 'groceries', isLean ? 2 : random.int(3, 5), month, random);
  shop(book, purse, SHOPS, 'card', isLean ? 1 : random.int(2, most), month, random);
  if (!isLean && random.chance(45)) shop(book, purse, CARRIERS, 'transport', 1, month, random);
  if (!random.chance(60)) return;
  const cents = -random.pick([2000, 4000, 5000, 10_000]);
  const reference = `Cash machine ${plan.town}, card ending ${plan.card}`;
  book.enter(main, onOrAfter(dayOf(month, random.int(1, 28))), { cents, category: 'cash', other: BANK, reference });
}

function keepHouse(book: Book, plan: PersonPlan, accounts: Accounts, month: Month, random: Random): void {
  const [main, everyday] = accounts as [SeedAccount, SeedAccount];
  const hasEnough = book.holds(everyday) > plan.everyday_cents * 2;
  const needed = hasEnough ? Math.floor(plan.everyday_cents / 2) : plan.everyday_cents;
  book.move(main, everyday, onOrAfter(dayOf(month, 2)), needed, 'Standing order, housekeeping');
  const purse = { account: everyday, card: plan.everyday_card, town: plan.town };
  const isLean = book.holds(everyday) < plan.everyday_cents;
  shop(book, purse, GROCERS, 'groceries', isLean ? 3 : random.int(4, 6), month, random);
  shop(book, purse, LOCAL_CARRIERS, 'transport', random.int(1, 2), month, random);
  if (!isLean) shop(book, purse, SMALL_SHOPS, 'card', random.int(1, 2), month, random);
}

function save(book: Book, plan: PersonPlan, accounts: Accounts, month: Month, random: Random): void {
  const [main, , savings] = accounts as [SeedAccount, SeedAccount, SeedAccount];
  const late = onOrBefore(dayOf(month, 29));
  if (book.holds(main) > plan.saving_cents * 2) {
    book.move(main, savings, onOrAfter(dayOf(month, 3)), plan.saving_cents, 'Standing order, savings');
  }
  const surplus = book.holds(main) - plan.pay_cents * 2;
  if (surplus > 0) book.move(main, savings, late, roundTo(surplus, 10_000), 'Transfer to savings');
  const shortage = -book.holds(main);
  if (shortage > 0 && book.holds(savings) > shortage + 50_000) {
    book.move(savings, main, late, roundTo(shortage, 10_000) + 20_000, 'Transfer from savings');
  }
  if (random.chance(4) && book.holds(savings) > 250_000) {
    const day = onOrAfter(dayOf(month, random.int(8, 20)));
    book.move(savings, main, day, random.int(5, 15) * 10_000, 'Transfer from savings');
  }
  if (month.month % 3 !== 0) return;
  // A quarter of 1.85 % a year.
  const cents = Math.max(0, Math.floor((book.holds(savings) * 185) / 40_000));
  const reference = 'Credit interest 1.85 % p.a.';
  const entry = { cents, category: 'interest', other: BANK, reference, value_day: month.last } as const;
  book.enter(savings, onOrBefore(month.last), entry);
}

/** The account's fee and, where it is overdrawn, a quarter of 11.90 % a year. */
function settleQuarter(book: Book, main: SeedAccount, month: Month): void {
  const day = onOrBefore(month.last);
  book.enter(main, day, { cents: -600, category: 'fees', other: BANK, reference: 'Account maintenance, quarterly' });
  const owed = -book.holds(main);
  if (owed <= 0) return;
  const cents = -Math.max(1, Math.floor((owed * 1190) / 40_000));
  const reference = 'Overdraft interest 11.90 % p.a.';
  book.enter(main, day, { cents, category: 'interest', other: BANK, reference, value_day: month.last });
}

/** A card of an account, and the town of its holder. */
interface Purse {
  account: SeedAccount;
  card: string;
  town: string;
}

function shop(
  book: Book,
  { account, card, town }: Purse,
  where: readonly Shop[],
  category: 'groceries' | 'card' | 'transport',
  times: number,
  month: Month,
  random: Random,
): void {
  for (let i = 0; i < times; i++) {
    const at = random.pick(where);
    const day = dayOf(month, random.int(1, 28));
    const most = Math.floor((at.to_cents * random.int(30, 100)) / 100);
    const cents = random.int(at.from_cents, Math.max(at.from_cents, most));
    const [, mm, dd] = toDate(day).split('-');
    const reference = `${at.place ?? town}, ${dd}/${mm}, card ending ${card}`;
    const other = { name: at.name, iban: '' };
    book.enter(account, onOrAfter(day), { cents: -cents, category, other, reference });
  }
}

const FRIENDLY_REASONS = [
  'Dinner, thank you!',
  'Concert tickets',
  'Your share of the trip',
  'Birthday present',
  'Half of the electricity',
  'Moving van',
];

function exchangeWithFriends(book: Book, plan: PersonPlan, main: SeedAccount, month: Month, random: Random): void {
  for (let i = random.int(0, 2); i > 0; i--) {
    const cents = random.int(8, 120) * (random.chance(50) ? 100 : 95) * (random.chance(45) ? 1 : -1);
    const day = onOrAfter(dayOf(month, random.int(1, 28)));
    const other = random.pick(plan.friends);
    book.enter(main, day, { cents, category: 'transfer', other, reference: random.pick(FRIENDLY_REASONS) });
  }
}

function roundTo(cents: number, step_cents: number): number {
  return Math.max(step_cents, Math.floor(cents / step_cents) * step_cents);
}
