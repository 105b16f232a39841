// The typefaces of the statement: Helvetica, which every reader has, and embedded Arimo for other characters.
// Both have the same metrics. Widths and encodings are computed once, not per document, which saves most of the time.

import { readFileSync } from 'node:fs';
import PDFDocument from 'pdfkit';
import { reportingFolder } from '../../package-files.ts';

export type Weight = 'regular' | 'bold';

const STANDARD = { regular: 'Helvetica', bold: 'Helvetica-Bold' } as const;
const EMBEDDED = { regular: 'fonts/Arimo-Regular.ttf', bold: 'fonts/Arimo-Bold.ttf' } as const;

/** The standard font's name in the document. */
export function standardFont(weight: Weight): string {
  return STANDARD[weight];
}

const fontFiles = new Map<Weight, Buffer>();

/** The font file for text that the standard font cannot write. */
export function embeddedFont(weight: Weight): Buffer {
  const known = fontFiles.get(weight);
  if (known) return known;
  const file = readFileSync(new URL(EMBEDDED[weight], reportingFolder));
  fontFiles.set(weight, file);
  return file;
}

// WinAnsiEncoding: Latin-1, with these in place of its control characters 128-159. (Written out, because TextDecoder
// of some Node versions takes windows-1252 for Latin-1, and the euro sign would be missing.)
const FROM_128 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';

/** The code of each UTF-16 unit in the standard fonts, 0 where they have none. */
const CODES = new Uint8Array(0x10000);
for (let code = 32; code < 256; code++) {
  const isReplaced = code >= 128 && code < 160;
  const unit = isReplaced ? FROM_128.charCodeAt(code - 128) : code;
  if (unit !== 0 && code !== 127) CODES[unit] = code;
}

/** Text as a PDF string literal of the standard font, or null when it has a character that this font lacks. */
export function encodeStandard(text: string): string | null {
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const code = CODES[text.charCodeAt(i)] as number;
    if (code === 0) return null;
    // Parentheses and backslash delimit and escape in a literal.
    if (code === 40 || code === 41 || code === 92) literal += '\\';
    literal += String.fromCharCode(code);
  }
  return literal;
}

const widths = new Map<Weight, Float64Array>();

/** The width of text in the standard font, at size 1. Only for text that `encodeStandard` takes. */
export function standardWidth(text: string, weight: Weight): number {
  const table = widths.get(weight) ?? measureAll(weight);
  let width = 0;
  for (let i = 0; i < text.length; i++) width += table[CODES[text.charCodeAt(i)] as number] as number;
  return width;
}

function measureAll(weight: Weight): Float64Array {
  const document = new PDFDocument({ font: STANDARD[weight], autoFirstPage: false }).fontSize(1);
  const table = new Float64Array(256);
  for (const [unit, code] of CODES.entries()) {
    if (code !== 0) table[code] = document.widthOfString(String.fromCharCode(unit));
  }
  widths.set(weight, table);
  return table;
}
