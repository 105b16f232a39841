// The accounts of a small company over two years: sales, premises, suppliers, wages and taxes.

import type { Category } from '../categories.ts';
import type { Book, SeedAccount } from './book.ts';
import { dayOf, type Month, monthLabel, onOrAfter, onOrBefore } from './calendar.ts';
import {
  AUTHORITIES,
  BANK,
  CLIENTS,
  type Counterparty,
  ENERGY,
  INSURERS,
  LANDLORDS,
  makeForeignIban,
  SUPPLIERS,
  TELECOM,
} from './counterparties.ts';
import { makePersonName } from './people.ts';
import type { Random } from './random.ts';

export interface BusinessPlan {
  turnover_cents: number;
  clients: Counterparty[];
  suppliers: Counterparty[];
  staff: (Counterparty & { cents: number })[];
  landlord: Counterparty;
  energy: Counterparty;
  telecom: Counterparty;
  insurer: Counterparty;
  authority: Counterparty;
  rent_cents: number;
  tax_no: string;
}

export function planBusiness(random: Random): BusinessPlan {
  const staff = Array.from({ length: random.int(3, 6) }, () => ({
    name: makePersonName(random),
    iban: makeForeignIban(random),
    cents: random.int(210_000, 380_000),
  }));
  const wages = staff.reduce((sum, person) => sum + person.cents, 0);
  return {
    // Wages are a bit more than a third of the turnover.
    turnover_cents: Math.floor((wages * random.int(255, 300)) / 100),
    clients: Array.from({ length: 6 }, () => random.pick(CLIENTS)),
    suppliers: Array.from({ length: 4 }, () => random.pick(SUPPLIERS)),
    staff,
    landlord: random.pick(LANDLORDS),
    energy: random.pick(ENERGY),
    telecom: random.pick(TELECOM),
    insurer: random.pick(INSURERS),
    authority: random.pick(AUTHORITIES),
    rent_cents: random.int(14, 38) * 10_000,
    tax_no: `${random.digits(7)}${random.pick(['A', 'H', 'K', 'T'])}`,
  };
}

/** One month on the business account and, where they exist, the payroll and the reserve account. */
export function liveBusinessMonth(
  book: Book,
  plan: BusinessPlan,
  accounts: readonly SeedAccount[],
  month: Month,
  random: Random,
): void {
  const [main, payroll, reserve] = accounts as [SeedAccount, SeedAccount?, SeedAccount?];
  sell(book, plan, main, month, random);
  payPremises(book, plan, main, month, random);
  buy(book, plan, main, month, random);
  payStaff(book, plan, main, payroll ?? main, month);
  if (month.month % 2 === 1) payVat(book, plan, main, month, random);
  if (reserve) keepReserve(book, main, reserve, month);
  const reference = 'Business account and payments, monthly';
  book.enter(main, onOrBefore(month.last), { cents: -1850, category: 'fees', other: BANK, reference });
}

function sell(book: Book, plan: BusinessPlan, main: SeedAccount, month: Month, random: Random): void {
  const average = Math.floor(plan.turnover_cents / 14);
  for (let i = random.int(11, 17); i > 0; i--) {
    const cents = Math.floor((average * random.int(35, 165)) / 100);
    const reference = `Invoice ${month.year}-${String(month.month).padStart(2, '0')}${random.digits(3)}`;
    const day = onOrAfter(dayOf(month, random.int(1, 28)));
    book.enter(main, day, { cents, category: 'sales', other: random.pick(plan.clients), reference });
  }
}

function payPremises(book: Book, plan: BusinessPlan, main: SeedAccount, month: Month, random: Random): void {
  const pay = (nth: number, cents: number, category: Category, other: Counterparty, reference: string) =>
    book.enter(main, onOrAfter(dayOf(month, nth)), { cents: -cents, category, other, reference });
  pay(1, plan.rent_cents, 'rent', plan.landlord, `Business premises, ${monthLabel(month)}`);
  pay(5, 21_450, 'insurance', plan.insurer, 'Liability and premises');
  pay(9, random.int(19_000, 64_000), 'utilities', plan.energy, `Electricity, customer ${plan.tax_no}`);
  pay(12, 8990, 'utilities', plan.telecom, 'Business fibre, monthly');
}

function buy(book: Book, plan: BusinessPlan, main: SeedAccount, month: Month, random: Random): void {
  for (let i = random.int(4, 7); i > 0; i--) {
    const cents = -random.int(Math.floor(plan.turnover_cents / 60), Math.floor(plan.turnover_cents / 18));
    const reference = `Order ${month.year}-${random.digits(5)}`;
    const day = onOrAfter(dayOf(month, random.int(3, 27)));
    book.enter(main, day, { cents, category: 'suppliers', other: random.pick(plan.suppliers), reference });
  }
}

function payStaff(book: Book, plan: BusinessPlan, main: SeedAccount, payroll: SeedAccount, month: Month): void {
  const wages = plan.staff.reduce((sum, person) => sum + person.cents, 0);
  const levy = Math.floor(wages / 5);
  const name = monthLabel(month);
  if (payroll !== main) {
    book.move(main, payroll, onOrBefore(dayOf(month, 24)), wages + levy, `Payroll funding ${name}`);
  }
  for (const person of plan.staff) {
    const entry = { cents: -person.cents, category: 'payroll', other: person, reference: `Wages ${name}` } as const;
    book.enter(payroll, onOrBefore(dayOf(month, 26)), entry);
  }
  const reference = `Payroll tax ${name}, reg. ${plan.tax_no}`;
  book.enter(payroll, onOrBefore(dayOf(month, 28)), {
    cents: -levy,
    category: 'tax',
    other: plan.authority,
    reference,
  });
}

function payVat(book: Book, plan: BusinessPlan, main: SeedAccount, month: Month, random: Random): void {
  const cents = -Math.floor((plan.turnover_cents * random.int(9, 14)) / 100);
  const reference = `VAT return, reg. ${plan.tax_no}`;
  book.enter(main, onOrBefore(dayOf(month, 19)), { cents, category: 'tax', other: plan.authority, reference });
}

/** The balance above EUR 40,000 is set aside, and comes back when it falls below EUR 5,000. */
function keepReserve(book: Book, main: SeedAccount, reserve: SeedAccount, month: Month): void {
  const late = onOrBefore(dayOf(month, 29));
  const roundUp = (cents: number) => Math.ceil(cents / 100_000) * 100_000;
  const spare = book.holds(main) - 4_000_000;
  if (spare > 0) book.move(main, reserve, late, roundUp(spare), 'Transfer to reserve');
  const shortage = 500_000 - book.holds(main);
  if (shortage > 0 && book.holds(reserve) > shortage) {
    book.move(reserve, main, late, roundUp(shortage), 'Transfer from reserve');
  }
  if (month.month % 3 !== 0) return;
  // A quarter of 1.40 % a year.
  const cents = Math.max(0, Math.floor((book.holds(reserve) * 140) / 40_000));
  const reference = 'Credit interest 1.40 % p.a.';
  const entry = { cents, category: 'interest', other: BANK, reference, value_day: month.last } as const;
  book.enter(reserve, onOrBefore(month.last), entry);
}
