// The two years of the ledger as day numbers (days since 1970-01-01), with the bank's business days.
// It uses neither clock nor time zone.

const DAY_MS = 86_400_000;

export const FIRST_DAY = toDay('2025-01-01');
export const LAST_DAY = toDay('2026-12-31');

/** The months of the ledger, in order. */
export interface Month {
  year: number;
  /** 1-12. */
  month: number;
  first: number;
  last: number;
}

export const MONTHS: readonly Month[] = [2025, 2026].flatMap((year) =>
  Array.from({ length: 12 }, (_, index) => ({
    year,
    month: index + 1,
    first: Date.UTC(year, index, 1) / DAY_MS,
    last: Date.UTC(year, index + 1, 0) / DAY_MS,
  })),
);

// Days on which the euro payment system is closed, beside weekends.
const CLOSED = new Set(
  [
    ['2025-01-01', '2025-04-18', '2025-04-21', '2025-05-01', '2025-12-25', '2025-12-26'],
    ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25', '2026-12-26'],
  ]
    .flat()
    .map(toDay),
);

function toDay(date: string): number {
  return Date.parse(date) / DAY_MS;
}

export function toDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function isBusinessDay(day: number): boolean {
  const weekday = (day + 4) % 7; // 1970-01-01 was a Thursday; 0 is Sunday.
  return weekday !== 0 && weekday !== 6 && !CLOSED.has(day);
}

/** The day itself, or the next business day; never beyond the ledger's end. */
export function onOrAfter(day: number): number {
  for (let d = day; d <= LAST_DAY; d++) if (isBusinessDay(d)) return d;
  return onOrBefore(LAST_DAY);
}

/** The day itself, or the business day before; never before the ledger's beginning. */
export function onOrBefore(day: number): number {
  for (let d = day; d >= FIRST_DAY; d--) if (isBusinessDay(d)) return d;
  return onOrAfter(FIRST_DAY);
}

/** The nth calendar day of a month, at most its last. */
export function dayOf(month: Month, nth: number): number {
  return Math.min(month.first + nth - 1, month.last);
}

/** `03/2026` */
export function monthLabel({ month, year }: Month): string {
  return `${String(month).padStart(2, '0')}/${year}`;
}
