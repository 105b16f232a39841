// Numbers, percentages and durations as text, the same on every page. Pure.

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const rates = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** 100000 -> "100,000" */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** 12345 -> "12.3K", for axes and narrow places. */
export function formatShortCount(count: number): string {
  return short.format(count);
}

/** Per second: one decimal below 100. */
export function formatRate(perSecond: number): string {
  return perSecond >= 100 ? counts.format(perSecond) : rates.format(perSecond);
}

/** "0.04 %", "5 %", "62.5 %" */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent > 99.99 && percent < 100) return '> 99.99 %';
  const digits = percent < 1 ? 2 : 1;
  return `${Number(percent.toFixed(digits))} %`;
}

export function pluralize(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "0 ms", "35 ms", "1.2 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Number((ms / SECOND).toFixed(ms < 10 * SECOND ? 2 : 1))} s`;
  if (ms < HOUR) return twoUnits(ms, MINUTE, 'min', SECOND, 's');
  if (ms < DAY) return twoUnits(ms, HOUR, 'h', MINUTE, 'min');
  return twoUnits(ms, DAY, 'd', HOUR, 'h');
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const head = `${Math.floor(ms / big)} ${bigName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

const UNITS: Record<string, number> = { ms: 1, s: SECOND, sec: SECOND, m: MINUTE, min: MINUTE, h: HOUR };

/** "10 s", "1.5min", "250" (ms) -> milliseconds; null when it is none. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (!match) return null;
  const unit = UNITS[(match[2] || 'ms').toLowerCase()];
  return unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

/** Milliseconds in the shortest form that `parseDuration` reads back exactly: 60000 -> "1 min", 1500 -> "1500 ms". */
export function writeDuration(ms: number): string {
  if (ms > 0 && ms % HOUR === 0) return `${ms / HOUR} h`;
  if (ms > 0 && ms % MINUTE === 0) return `${ms / MINUTE} min`;
  if (ms > 0 && ms % SECOND === 0) return `${ms / SECOND} s`;
  return `${ms} ms`;
}

/** The end tells the ids of one launch apart: they begin alike. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 4)}…${id.slice(-8)}` : id;
}

/** `fail_permanent_pct`, `from_date`, `render` -> "Fail permanent pct", "From date", "Render". */
export function humanize(name: string): string {
  const words = name
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase();
  return capitalize(words);
}

/** The first letter in upper case, the others unchanged. */
export function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
