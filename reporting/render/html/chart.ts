// The months as a small bar chart in SVG.

import type { MonthTotal } from '../../statement.ts';
import { formatAxis, formatAxisMonth, formatMonth, niceCeiling } from '../format.ts';
import { highestOf } from '../letter.ts';
import { type Html, html, join } from './escape.ts';

const SIZE = { width: 360, height: 190, axis: 44, top: 8, base: 158 } as const;

export function drawMonthChart(months: readonly MonthTotal[]): Html {
  const highest = niceCeiling(highestOf(months));
  const room = SIZE.base - SIZE.top;
  const slot = (SIZE.width - SIZE.axis) / months.length;
  const bar = Math.min(20, slot * 0.36);
  const every = Math.ceil(months.length / 12);
  const lines = [0, 0.5, 1].map((part) => {
    const y = round(SIZE.base - room * part);
    return html`<line x1="${String(SIZE.axis)}" x2="${String(SIZE.width)}" y1="${y}" y2="${y}"/><text x="${String(SIZE.axis - 6)}" y="${y}" dy="3" text-anchor="end">${formatAxis(highest * part)}</text>`;
  });
  const bars = months.map((month, index) => {
    const center = SIZE.axis + slot * (index + 0.5);
    const rect = (kind: string, x: number, cents: number) => {
      const height = (room * cents) / highest;
      return html`<rect class="${kind}" x="${round(x)}" y="${round(SIZE.base - height)}" width="${round(bar)}" height="${round(height)}"/>`;
    };
    const name =
      index % every === 0
        ? html`<text x="${round(center)}" y="${String(SIZE.base + 13)}" text-anchor="middle">${formatAxisMonth(month.month, index === 0)}</text>`
        : html``;
    return html`<g><title>${formatMonth(month.month)}</title>${rect('in', center - bar - 0.5, month.in_cents)}${rect('out', center + 0.5, -month.out_cents)}${name}</g>`;
  });
  return html`<svg class="chart" viewBox="0 0 ${String(SIZE.width)} ${String(SIZE.height)}" role="img" aria-label="Money in and out by month">${join(lines)}${join(bars)}
<rect class="in" x="${String(SIZE.axis)}" y="179" width="8" height="8"/><text x="${String(SIZE.axis + 12)}" y="187">Money in</text>
<rect class="out" x="${String(SIZE.axis + 68)}" y="179" width="8" height="8"/><text x="${String(SIZE.axis + 80)}" y="187">Money out</text></svg>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
