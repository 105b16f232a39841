// Converts times between the URL (ISO 8601, UTC) and the fields of a browser (local time, to the minute). Pure.

const MINUTE_MS = 60_000;

/** Open ranges: they have no end. */
export const QUICK_RANGES = [
  { label: '15 min', ms: 15 * MINUTE_MS },
  { label: '1 hour', ms: 60 * MINUTE_MS },
  { label: '24 hours', ms: 24 * 60 * MINUTE_MS },
] as const;

/** "2026-03-01T14:05:00Z" -> "2026-03-01T15:05" in local time; empty without a valid time. */
export function toLocalField(iso: string | undefined): string {
  const at = iso === undefined ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '';
  const offset_ms = new Date(at).getTimezoneOffset() * MINUTE_MS;
  return new Date(at - offset_ms).toISOString().slice(0, 16);
}

/** The value of a field as ISO time; undefined for an empty or incomplete one. */
export function fromLocalField(text: string): string | undefined {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** `ms` before now, on the minute, so that the same choice has the same URL for a while. */
export function since(ms: number, now = Date.now()): string {
  return new Date(Math.floor((now - ms) / MINUTE_MS) * MINUTE_MS).toISOString();
}
