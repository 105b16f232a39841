// Numbers and dates of a statement, independent of the machine's locale. Amounts are in integer cents.

/** The minus sign: a typographic one on paper, the ASCII hyphen in files for machines. */
export type Minus = '-' | '–' | '−';

/** `1,234.56`, negative with the given minus. */
export function formatCents(cents: number, minus: Minus): string {
  const decimal = decimalOfCents(Math.abs(cents)).replace(/\B(?=(\d{3})+\.)/g, ',');
  return `${cents < 0 ? minus : ''}${decimal}`;
}

/** As formatCents, with `+` for money in. */
export function formatChange(cents: number, minus: Minus): string {
  return `${cents > 0 ? '+' : ''}${formatCents(cents, minus)}`;
}

/** `1234.56`, `-0.05`: for files that machines read. */
export function decimalOfCents(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const MONTHS = 'January,February,March,April,May,June,July,August,September,October,November,December'.split(',');

/** `2026-03-09` -> `9 March 2026` */
export function formatLongDate(date: string): string {
  return `${Number(date.slice(8, 10))} ${monthName(date)} ${date.slice(0, 4)}`;
}

/** `2026-03-09` -> `09 Mar 2026`, all of one width in a table. */
export function formatShortDate(date: string): string {
  return `${date.slice(8, 10)} ${monthName(date).slice(0, 3)} ${date.slice(0, 4)}`;
}

/** `2026-03` -> `March 2026` */
export function formatMonth(month: string): string {
  return `${monthName(month)} ${month.slice(0, 4)}`;
}

/** `2026-03` -> `Mar`; `Jan 26` for a January and the first month of an axis. */
export function formatAxisMonth(month: string, is_first: boolean): string {
  const name = monthName(month).slice(0, 3);
  return is_first || month.endsWith('-01') ? `${name} ${month.slice(2, 4)}` : name;
}

function monthName(date: string): string {
  return MONTHS[Number(date.slice(5, 7)) - 1] ?? '';
}

/** The top of a chart's axis: a round number, at least `cents`, whose half is round too. */
export function niceCeiling(cents: number): number {
  if (cents <= 0) return 100;
  const magnitude = 10 ** Math.floor(Math.log10(cents));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8]) if (magnitude * step >= cents) return magnitude * step;
  return magnitude * 10;
}

/** An amount on a chart's axis: `€ 500`, `€ 7.5k`, `€ 2M`. */
export function formatAxis(cents: number): string {
  const euro = cents / 100;
  if (euro >= 1_000_000) return `€ ${euro / 1_000_000}M`;
  return euro >= 1000 ? `€ ${euro / 1000}k` : `€ ${euro}`;
}
