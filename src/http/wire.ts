// From rows to the wire: times become ISO 8601 in UTC, names stay.

export type Wire<T> = { [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | null ? string | null : T[K] };

/** The row with every Date as text. Shallow, because rows are flat and documents hold no Date. */
export function toWire<T extends object>(row: T): Wire<T> {
  const entries = Object.entries(row).map(([key, value]) => [key, value instanceof Date ? value.toISOString() : value]);
  return Object.fromEntries(entries) as Wire<T>;
}
