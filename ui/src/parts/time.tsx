// Times and durations, in the reader's time zone, with UTC on hover.

import { useEffect, useState } from 'react';
import { formatDuration } from './format.ts';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const full = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** The time today, with the day this year, with the year before. */
export function formatMoment(iso: string, now = new Date()): string {
  const at = new Date(iso);
  if (at.toDateString() === now.toDateString()) return clock.format(at);
  return at.getFullYear() === now.getFullYear() ? dayAndClock.format(at) : full.format(at);
}

export function formatClock(iso: string): string {
  return clock.format(new Date(iso));
}

export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${new Date(at).toISOString()} (UTC)`} style={{ whiteSpace: 'nowrap' }}>
      {formatMoment(at)}
    </time>
  );
}

/** The present time, updated every second while `running`. */
function useNow(running = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

/** How long ago, kept up to date. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const ms = Math.max(0, now - Date.parse(at));
  return (
    <time dateTime={at} title={`${new Date(at).toISOString()} (UTC)`} style={{ whiteSpace: 'nowrap' }}>
      {ms < 1_000 ? 'now' : `${formatDuration(floorTo(ms, ms < 60_000 ? 1_000 : 60_000))} ago`}
    </time>
  );
}

function floorTo(ms: number, unit_ms: number): number {
  return Math.floor(ms / unit_ms) * unit_ms;
}

/** The time from `from` to `to`, or to now. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  const now = useNow(to === null);
  const ms = Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from));
  return <>{formatDuration(to === null && ms > 1_000 ? floorTo(ms, 1_000) : ms)}</>;
}
