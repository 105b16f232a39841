// The frame of the statement: letterhead and summary of the first page, running header, footer.

import { formatCents } from '../format.ts';
import { BANK, factsOf, type Heading, LEGAL, type Statement, totalsOf } from '../letter.ts';
import { PAGE, type Paper, type TextStyle } from './paper.ts';
import { COLORS, MARK, MARK_LINES, TEXT } from './style.ts';

const WIDTH = PAGE.right - PAGE.left;

/** Draws the top of the first page and returns where the contents begin. */
export function drawLetterhead(paper: Paper, statement: Statement, heading: Heading): number {
  drawMark(paper, PAGE.left, 38, 1.15);
  paper.text(PAGE.left + 38, 52, BANK.name, { size: 15, weight: 'bold', color: COLORS.brand });
  paper.text(PAGE.left + 38, 63.5, BANK.website, { ...TEXT.small, size: 7.5 });
  for (const [index, line] of [BANK.address, BANK.phone, `BIC ${BANK.bic}`].entries()) {
    paper.text(PAGE.right, 45 + index * 10, line, { ...TEXT.small, size: 7.5, align: 'right' });
  }
  paper.box(PAGE.left, 80, WIDTH, 1.2, COLORS.accent);

  paper.text(PAGE.left, 122, `${BANK.name} · ${BANK.address}`, { ...TEXT.small, size: 6 });
  for (const [index, line] of heading.addressee.entries()) {
    paper.text(PAGE.left, 139 + index * 13.5, line, { size: 10, color: COLORS.ink, max_width: 270 });
  }
  drawFacts(paper, statement, heading);

  paper.text(PAGE.left, 226, heading.title, { size: 19, weight: 'bold', color: COLORS.brand });
  paper.text(PAGE.left, 242, heading.period, { size: 10, color: COLORS.muted });
  drawSummary(paper, statement, 256);
  return 330;
}

function drawFacts(paper: Paper, statement: Statement, heading: Heading): void {
  for (const [index, [label, value]] of factsOf(statement, heading).entries()) {
    const y = 122 + index * 14;
    paper.text(362, y, label, { ...TEXT.small, size: 8 });
    paper.text(PAGE.right, y, value, { ...TEXT.body, align: 'right' });
    paper.line(362, y + 4.5, PAGE.right, y + 4.5, COLORS.hair, 0.5);
  }
}

function drawSummary(paper: Paper, statement: Statement, y: number): void {
  const width = WIDTH / 4;
  paper.box(PAGE.left, y, WIDTH, 56, COLORS.tint);
  paper.box(PAGE.left + width * 3, y, width, 56, COLORS.brand);
  for (const [index, [label, cents, note]] of totalsOf(statement).entries()) {
    const x = PAGE.left + index * width + 11;
    const isLast = index === 3;
    const quiet: TextStyle = { size: 7, color: isLast ? COLORS.pale : COLORS.muted };
    const color = isLast ? COLORS.white : index === 0 && cents < 0 ? COLORS.debit : COLORS.ink;
    paper.text(x, y + 16, label, { ...quiet, size: 7.5, weight: 'bold' });
    paper.text(x, y + 34, `€ ${formatCents(cents, '–')}`, { size: fitting(paper, cents), weight: 'bold', color });
    paper.text(x, y + 47, note, { ...quiet, max_width: width - 16 });
    if (index === 1 || index === 2) paper.line(x - 11, y + 10, x - 11, y + 46, COLORS.hair, 0.7);
  }
}

/** The type size at which an amount fits its cell: those of a hundred accounts are long. */
function fitting(paper: Paper, cents: number): number {
  const text = `€ ${formatCents(cents, '–')}`;
  let size = 13;
  while (size > 7 && paper.widthOf(text, size, 'bold') > WIDTH / 4 - 18) size -= 0.5;
  return size;
}

export function drawRunningHeader(paper: Paper, heading: Heading): void {
  drawMark(paper, PAGE.left, 36, 0.7);
  paper.text(PAGE.left + 23, 48, BANK.name, { size: 10, weight: 'bold', color: COLORS.brand });
  paper.text(PAGE.right, 42.5, heading.title, { ...TEXT.label, align: 'right' });
  paper.text(PAGE.right, 51.5, `${heading.period} · no. ${heading.statement_no}`, { ...TEXT.small, align: 'right' });
  paper.box(PAGE.left, 60, WIDTH, 0.8, COLORS.accent);
}

/** Drawn last, on every page, when their number is known. */
export function drawFooters(paper: Paper): void {
  const style = { size: 5.8, color: COLORS.muted };
  const legal = LEGAL.flatMap((text) => paper.wrap(text, WIDTH - 70, style.size));
  const count = paper.pageCount;
  for (let index = 0; index < count; index++) {
    const number = `Page ${index + 1} of ${count}`;
    paper.returnToPage(index);
    paper.line(PAGE.left, 782, PAGE.right, 782, COLORS.hair, 0.6);
    for (const [row, line] of legal.entries()) paper.text(PAGE.left, 791.5 + row * 7.4, line, style);
    paper.text(PAGE.right, 791.5, number, { size: 7.5, weight: 'bold', color: COLORS.brand, align: 'right' });
  }
}

function drawMark(paper: Paper, x: number, y: number, scale: number): void {
  paper.shape(x, y, scale, MARK, COLORS.brand);
  for (const [index, path] of MARK_LINES.entries())
    paper.shape(x, y, scale, path, index === 0 ? COLORS.white : COLORS.accent);
}
