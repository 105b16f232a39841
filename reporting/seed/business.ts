// Two years of a small company's accounts: customers pay invoices, suppliers, staff and the state are paid.

import type { Book, SeedAccount } from './book.ts';
import { dayOf, type Month, onOrAfter, onOrBefore } from './calendar.ts';
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
    // Wages are a bit more than a third of what comes in.
    turnover_cents: Math.floor((wages * random.int(255, 300)) / 100),
    clients: Array.from({ length: 6 }, () => random.pick(CLIENTS)),
    suppliers: Array.from({ length: 4 }, () => random.pick(SUPPLIERS)),
    staff,
    landlord: random.pick(LANDLORDS),
    rent_cents: random.int(14, 38) * 10_000,
    tax_no: `${random.digits(7)}${random.pick(['A', 'H', 'K', 'T'])}`,
  };
}

/** One month on the business account and, where there are such, the payroll and the reserve account. */
export function liveBusinessMonth(
  book: Book,
  plan: BusinessPlan,
  accounts: readonly SeedAccount[],
  month: Month,
  random: Random,
): void {
  const [main, payroll, reserve] = accounts as [SeedAccount, SeedAccount | undefined, SeedAccount | undefined];
  const label = `${String(month.month).padStart(2, '0')}/${month.year}`;

  sell(book, plan, main, month, random);
  book.enter(main, onOrAfter(dayOf(month, 1)), -plan.rent_cents, 'rent', plan.landlord, `Business premises, ${label}`);
  book.enter(
    main,
    onOrAfter(dayOf(month, 9)),
    -random.int(19_000, 64_000),
    'utilities',
    ENERGY[0] as Counterparty,
    `Electricity, customer ${plan.tax_no}`,
  );
  book.enter(
    main,
    onOrAfter(dayOf(month, 12)),
    -8990,
    'utilities',
    TELECOM[1] as Counterparty,
    'Business fibre, monthly',
  );
  book.enter(
    main,
    onOrAfter(dayOf(month, 5)),
    -21_450,
    'insurance',
    INSURERS[0] as Counterparty,
    'Liability and premises',
  );
  for (let i = random.int(4, 7); i > 0; i--) {
    const cents = random.int(Math.floor(plan.turnover_cents / 60), Math.floor(plan.turnover_cents / 18));
    book.enter(
      main,
      onOrAfter(dayOf(month, random.int(3, 27))),
      -cents,
      'suppliers',
      random.pick(plan.suppliers),
      `Order ${month.year}-${random.digits(5)}`,
    );
  }
  book.enter(main, onOrBefore(month.last), -1850, 'fees', BANK, 'Business account and payments, monthly');

  payStaff(book, plan, main, payroll ?? main, month, label, random);
  if (reserve) keepReserve(book, main, reserve, month);
}

function sell(book: Book, plan: BusinessPlan, main: SeedAccount, month: Month, random: Random): void {
  const invoices = random.int(11, 17);
  const average = Math.floor(plan.turnover_cents / 14);
  for (let i = 0; i < invoices; i++) {
    const cents = Math.floor((average * random.int(35, 165)) / 100);
    const reference = `Invoice ${month.year}-${String(month.month).padStart(2, '0')}${random.digits(3)}`;
    book.enter(main, onOrAfter(dayOf(month, random.int(1, 28))), cents, 'sales', random.pick(plan.clients), reference);
  }
}

function payStaff(
  book: Book,
  plan: BusinessPlan,
  main: SeedAccount,
  payroll: SeedAccount,
  month: Month,
  label: string,
  random: Random,
): void {
  const levy = Math.floor(plan.staff.reduce((sum, person) => sum + person.cents, 0) / 5);
  if (payroll !== main) {
    const needed = levy + plan.staff.reduce((sum, person) => sum + person.cents, 0);
    book.move(main, payroll, onOrBefore(dayOf(month, 24)), needed, `Payroll funding ${label}`);
  }
  for (const person of plan.staff) {
    book.enter(payroll, onOrBefore(dayOf(month, 26)), -person.cents, 'payroll', person, `Wages ${label}`);
  }
  const authority = AUTHORITIES[0] as Counterparty;
  book.enter(
    payroll,
    onOrBefore(dayOf(month, 28)),
    -levy,
    'tax',
    authority,
    `Payroll tax ${label}, reg. ${plan.tax_no}`,
  );
  if (month.month % 2 === 1) {
    const cents = Math.floor((plan.turnover_cents * random.int(9, 14)) / 100);
    book.enter(main, onOrBefore(dayOf(month, 19)), -cents, 'tax', authority, `VAT return, reg. ${plan.tax_no}`);
  }
}

function keepReserve(book: Book, main: SeedAccount, reserve: SeedAccount, month: Month): void {
  const spare = book.holds(main) - 4_000_000;
  if (spare > 0)
    book.move(main, reserve, onOrBefore(dayOf(month, 29)), Math.ceil(spare / 100_000) * 100_000, 'Transfer to reserve');
  const shortage = 500_000 - book.holds(main);
  if (shortage > 0 && book.holds(reserve) > shortage) {
    book.move(
      reserve,
      main,
      onOrBefore(dayOf(month, 29)),
      Math.ceil(shortage / 100_000) * 100_000,
      'Transfer from reserve',
    );
  }
  if (month.month % 3 === 0) {
    const cents = Math.floor((book.holds(reserve) * 140) / 40_000);
    if (cents > 0)
      book.enter(reserve, onOrBefore(month.last), cents, 'interest', BANK, 'Credit interest 1.40 % p.a.', month.last);
  }
}
