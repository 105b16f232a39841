// Colors, sizes and the mark of the PDF statement, in one place.

import { type Color, color, type TextStyle } from './paper.ts';

export const COLORS = {
  ink: color(28, 36, 46),
  muted: color(98, 109, 122),
  hair: color(219, 224, 229),
  tint: color(243, 246, 247),
  brand: color(15, 61, 76),
  pale: color(190, 211, 217),
  accent: color(190, 118, 58),
  credit: color(22, 112, 74),
  debit: color(163, 36, 36),
  white: color(255, 255, 255),
} as const satisfies Record<string, Color>;

export const TEXT = {
  body: { size: 8.5, color: COLORS.ink },
  strong: { size: 8.5, weight: 'bold', color: COLORS.ink },
  small: { size: 7, color: COLORS.muted },
  label: { size: 7, weight: 'bold', color: COLORS.muted },
  heading: { size: 11.5, weight: 'bold', color: COLORS.brand },
} as const satisfies Record<string, TextStyle>;

/** The bank's mark, 24 x 24: a quay wall above two waves. */
export const MARK = 'M4 0 H20 A4 4 0 0 1 24 4 V20 A4 4 0 0 1 20 24 H4 A4 4 0 0 1 0 20 V4 A4 4 0 0 1 4 0 Z';
export const MARK_LINES = [
  'M6 5 H18 V8 H15.5 V12 H13.5 V8 H10.5 V12 H8.5 V8 H6 Z',
  'M4 14.5 C6 12.9 8 12.9 10 14.5 S14 16.1 16 14.5 S18.6 13.4 20 14.5 V16.3 C18 14.9 17.4 15.2 16 16.3 S12 17.9 10 16.3 S6 14.7 4 16.3 Z',
  'M4 18.5 C6 16.9 8 16.9 10 18.5 S14 20.1 16 18.5 S18.6 17.4 20 18.5 V20.3 C18 18.9 17.4 19.2 16 20.3 S12 21.9 10 20.3 S6 18.7 4 20.3 Z',
];

/** A balance below zero is red; money in is green; all else is ink. */
export function colorOfBalance(cents: number): Color {
  return cents < 0 ? COLORS.debit : COLORS.ink;
}

export function colorOfChange(cents: number): Color {
  return cents > 0 ? COLORS.credit : COLORS.ink;
}
