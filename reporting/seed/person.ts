// Two years in the life of a private customer's accounts: pay comes in, rent and bills go out, the rest is shopping.
// Spending follows what is left, so that balances stay believable.

import type { Book, SeedAccount } from './book.ts';
import { dayOf, type Month, onOrAfter, onOrBefore, toDate } from './calendar.ts';
import {
  BANK,
  CARRIERS,
  CASH_MACHINES,
  type Counterparty,
  EMPLOYERS,
  ENERGY,
  GROCERS,
  INSURERS,
  LANDLORDS,
  LENDERS,
  makeForeignIban,
  PENSIONS,
  SHOPS,
  type Shop,
  SUBSCRIPTIONS,
  TELECOM,
} from './counterparties.ts';
import { makePersonName } from './people.ts';
import type { Random } from './random.ts';

export interface PersonPlan {
  pay_cents: number;
  payer: Counterparty;
  pay_reference: string;
  pay_day: number;
  home_cents: number;
  home: Counterparty;
  home_reference: string;
  bills: {
    other: Counterparty;
    cents: number;
    spread_cents: number;
    day: number;
    category: 'utilities' | 'insurance' | 'subscriptions';
    reference: string;
  }[];
  everyday_cents: number;
  saving_cents: number;
  card: string;
  everyday_card: string;
  friends: Counterparty[];
}

export function planPerson(random: Random): PersonPlan {
  const isPensioner = random.chance(12);
  const pay_cents = isPensioner ? random.int(148_000, 310_000) : random.int(195_000, 560_000);
  const rents = random.chance(66);
  const mandate = () => `Direct debit, mandate ${random.pick(['CE', 'MB', 'KX', 'QT'])}-${random.digits(6)}`;
  const bill = (
    others: readonly Counterparty[],
    from: number,
    to: number,
    spread: number,
    category: PersonPlan['bills'][number]['category'],
  ) => ({
    other: random.pick(others),
    cents: random.int(from, to),
    spread_cents: spread,
    day: random.int(1, 28),
    category,
    reference: mandate(),
  });
  const friends = Array.from({ length: 5 }, () => ({ name: makePersonName(random), iban: makeForeignIban(random) }));
  return {
    pay_cents,
    payer: random.pick(isPensioner ? PENSIONS : EMPLOYERS),
    pay_reference: isPensioner ? 'Pension' : `Salary, staff no. ${random.digits(5)}`,
    pay_day: random.int(24, 28),
    home_cents: roundTo(Math.floor((pay_cents * random.int(24, 33)) / 100), 500),
    home: rents ? random.pick([...LANDLORDS, friends[0] as Counterparty]) : (LENDERS[0] as Counterparty),
    home_reference: rents ? `Rent, apartment ${random.int(1, 64)}` : `Mortgage instalment, loan ${random.digits(8)}`,
    bills: [
      bill(ENERGY, 6200, 14_800, 1900, 'utilities'),
      bill(TELECOM, 1999, 4599, 0, 'utilities'),
      bill(TELECOM, 2999, 6999, 0, 'utilities'),
      bill(INSURERS, 4100, 16_900, 0, 'insurance'),
      bill(SUBSCRIPTIONS, 799, 1799, 0, 'subscriptions'),
      bill(SUBSCRIPTIONS, 999, 4999, 0, 'subscriptions'),
    ],
    everyday_cents: roundTo(Math.floor((pay_cents * random.int(11, 16)) / 100), 5000),
    saving_cents: roundTo(Math.floor((pay_cents * random.int(3, 11)) / 100), 2500),
    card: random.digits(4),
    everyday_card: random.digits(4),
    friends,
  };
}

/** One month on the main account and, where the customer has them, the everyday and the savings account. */
export function livePersonMonth(
  book: Book,
  plan: PersonPlan,
  accounts: readonly SeedAccount[],
  month: Month,
  random: Random,
): void {
  const [main, everyday, savings] = accounts as [SeedAccount, SeedAccount | undefined, SeedAccount | undefined];
  const label = `${String(month.month).padStart(2, '0')}/${month.year}`;
  const isDecember = month.month === 12;

  const raise = month.year === 2026 ? Math.floor(plan.pay_cents / 40) : 0;
  book.enter(
    main,
    onOrBefore(dayOf(month, plan.pay_day)),
    plan.pay_cents + raise,
    'salary',
    plan.payer,
    `${plan.pay_reference}, ${label}`,
  );
  if (isDecember && plan.pay_reference !== 'Pension') {
    book.enter(
      main,
      onOrBefore(dayOf(month, 15)),
      Math.floor(plan.pay_cents / 3),
      'salary',
      plan.payer,
      `Annual bonus ${month.year}`,
    );
  }
  book.enter(main, onOrAfter(dayOf(month, 1)), -plan.home_cents, 'rent', plan.home, `${plan.home_reference}, ${label}`);
  for (const bill of plan.bills) {
    const cents = bill.cents + random.int(-bill.spread_cents, bill.spread_cents);
    book.enter(main, onOrAfter(dayOf(month, bill.day)), -cents, bill.category, bill.other, bill.reference);
  }

  const lean = book.holds(main) < plan.pay_cents / 3;
  shop(book, main, plan.card, GROCERS, 'groceries', lean ? 2 : random.int(3, 5), month, random);
  shop(book, main, plan.card, SHOPS, 'card', lean ? 1 : random.int(2, isDecember ? 8 : 5), month, random);
  if (!lean && random.chance(45)) shop(book, main, plan.card, CARRIERS, 'transport', 1, month, random);
  if (random.chance(60)) {
    const cents = random.pick([2000, 4000, 5000, 10_000]);
    const machine = { name: BANK.name, iban: '' };
    book.enter(
      main,
      onOrAfter(dayOf(month, random.int(1, 28))),
      -cents,
      'cash',
      machine,
      `Cash machine ${random.pick(CASH_MACHINES)}, card ending ${plan.card}`,
    );
  }
  exchangeWithFriends(book, plan, main, month, random);
  if (month.month % 3 === 0)
    book.enter(main, onOrBefore(month.last), -600, 'fees', BANK, 'Account maintenance, quarterly');

  if (everyday) liveEveryday(book, plan, main, everyday, month, random);
  if (savings) save(book, plan, main, savings, month, random);
  if (month.month % 3 === 0) chargeOverdraft(book, main, month);
}

function liveEveryday(
  book: Book,
  plan: PersonPlan,
  main: SeedAccount,
  everyday: SeedAccount,
  month: Month,
  random: Random,
): void {
  const needed =
    book.holds(everyday) > plan.everyday_cents * 2 ? Math.floor(plan.everyday_cents / 2) : plan.everyday_cents;
  book.move(main, everyday, onOrAfter(dayOf(month, 2)), needed, 'Standing order, housekeeping');
  const lean = book.holds(everyday) < plan.everyday_cents;
  shop(book, everyday, plan.everyday_card, GROCERS, 'groceries', lean ? 3 : random.int(4, 6), month, random);
  shop(book, everyday, plan.everyday_card, CARRIERS.slice(0, 3), 'transport', random.int(1, 2), month, random);
  if (!lean) shop(book, everyday, plan.everyday_card, SHOPS.slice(0, 9), 'card', random.int(1, 2), month, random);
}

function save(
  book: Book,
  plan: PersonPlan,
  main: SeedAccount,
  savings: SeedAccount,
  month: Month,
  random: Random,
): void {
  if (book.holds(main) > plan.saving_cents * 2) {
    book.move(main, savings, onOrAfter(dayOf(month, 3)), plan.saving_cents, 'Standing order, savings');
  }
  const surplus = book.holds(main) - plan.pay_cents * 2;
  if (surplus > 0) {
    book.move(main, savings, onOrBefore(dayOf(month, 29)), roundTo(surplus, 10_000), 'Transfer to savings');
  }
  const shortage = -book.holds(main);
  if (shortage > 0 && book.holds(savings) > shortage + 50_000) {
    book.move(savings, main, onOrBefore(dayOf(month, 29)), roundTo(shortage, 10_000) + 20_000, 'Transfer from savings');
  }
  if (random.chance(4) && book.holds(savings) > 250_000) {
    book.move(
      savings,
      main,
      onOrAfter(dayOf(month, random.int(8, 20))),
      random.int(5, 15) * 10_000,
      'Transfer from savings',
    );
  }
  // Paid each quarter at 1.85 % a year.
  if (month.month % 3 === 0) {
    const cents = Math.floor((book.holds(savings) * 185) / 40_000);
    if (cents > 0)
      book.enter(savings, onOrBefore(month.last), cents, 'interest', BANK, 'Credit interest 1.85 % p.a.', month.last);
  }
}

function shop(
  book: Book,
  account: SeedAccount,
  card: string,
  where: readonly Shop[],
  category: 'groceries' | 'card' | 'transport',
  times: number,
  month: Month,
  random: Random,
): void {
  for (let i = 0; i < times; i++) {
    const at = random.pick(where);
    const day = dayOf(month, random.int(1, 28));
    const cents = random.int(
      at.from_cents,
      Math.max(at.from_cents, Math.floor((at.to_cents * random.int(30, 100)) / 100)),
    );
    const reference = `${at.place}, ${toDate(day).slice(8)}/${toDate(day).slice(5, 7)}, card ending ${card}`;
    book.enter(account, onOrAfter(day), -cents, category, { name: at.name, iban: '' }, reference);
  }
}

function exchangeWithFriends(book: Book, plan: PersonPlan, main: SeedAccount, month: Month, random: Random): void {
  const reasons = [
    'Dinner, thank you!',
    'Concert tickets',
    'Your share of the trip',
    'Birthday present',
    'Half of the electricity',
    'Moving van',
  ];
  for (let i = random.int(0, 2); i > 0; i--) {
    const friend = random.pick(plan.friends);
    const cents = random.int(8, 120) * (random.chance(50) ? 100 : 95);
    const day = onOrAfter(dayOf(month, random.int(1, 28)));
    book.enter(main, day, random.chance(45) ? cents : -cents, 'transfer', friend, random.pick(reasons));
  }
}

function chargeOverdraft(book: Book, main: SeedAccount, month: Month): void {
  const owed = -book.holds(main);
  if (owed <= 0) return;
  const cents = Math.max(1, Math.floor((owed * 1190) / 120_000));
  book.enter(main, onOrBefore(month.last), -cents, 'interest', BANK, 'Overdraft interest 11.90 % p.a.', month.last);
}

function roundTo(cents: number, step_cents: number): number {
  return Math.max(step_cents, Math.floor(cents / step_cents) * step_cents);
}
