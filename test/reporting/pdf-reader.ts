// A reader of the PDFs we write: objects by the cross-reference table, document information, and the text of each page.
// Strict on purpose: an offset that is off, or text in a font that cannot be turned back to Unicode, is an error.

import { inflateSync } from 'node:zlib';

export interface ReadPdf {
  info: Record<string, string>;
  /** The texts of each page, in the order in which they were drawn. */
  pages: string[][];
  object_count: number;
}

interface PdfObject {
  body: string;
  stream: string | null;
}

export function readPdf(bytes: Uint8Array): ReadPdf {
  const file = Buffer.from(bytes).toString('latin1');
  if (!file.startsWith('%PDF-1.')) throw new Error('It does not begin as a PDF.');
  if (!file.trimEnd().endsWith('%%EOF')) throw new Error('It does not end as a PDF.');
  const objects = readObjects(file);
  const find = (reference: string) => {
    const object = objects.get(Number(reference.split(' ')[0]));
    if (!object) throw new Error(`There is no object ${reference}.`);
    return object;
  };
  const trailer = file.slice(file.lastIndexOf('trailer'));
  const root = find(take(trailer, /\/Root (\d+ 0 R)/));
  const kids = take(find(take(root.body, /\/Pages (\d+ 0 R)/)).body, /\/Kids \[([^\]]*)\]/).match(/\d+ 0 R/g) ?? [];
  return {
    info: readInfo(find(take(trailer, /\/Info (\d+ 0 R)/)).body, find),
    pages: kids.map((kid) => readPage(find(kid).body, find)),
    object_count: objects.size,
  };
}

function readObjects(file: string): Map<number, PdfObject> {
  const start = Number(take(file, /startxref\n(\d+)\n/));
  const table = /^xref\n0 (\d+)\n((?:\d{10} \d{5} [fn] \n)+)/.exec(file.slice(start));
  if (!table) throw new Error('startxref does not point at the cross-reference table.');
  const lines = (table[2] as string).trimEnd().split('\n');
  if (lines.length !== Number(table[1])) throw new Error('The cross-reference table lacks entries.');
  const objects = new Map<number, PdfObject>();
  for (const [number, line] of lines.entries()) {
    if (number === 0) continue;
    const offset = Number(line.slice(0, 10));
    if (!file.startsWith(`${number} 0 obj\n`, offset)) throw new Error(`Object ${number} is not at ${offset}.`);
    objects.set(number, readObject(file.slice(offset, file.indexOf('endobj', offset))));
  }
  return objects;
}

function readObject(text: string): PdfObject {
  const at = text.indexOf('\nstream\n');
  const body = (at === -1 ? text : text.slice(0, at)).replace(/^\d+ 0 obj\n/, '');
  if (at === -1) return { body, stream: null };
  const length = Number(take(body, /\/Length (\d+)/));
  const raw = Buffer.from(text.slice(at + 8, at + 8 + length), 'latin1');
  return { body, stream: (/\/FlateDecode/.test(body) ? inflateSync(raw) : raw).toString('latin1') };
}

function readInfo(body: string, find: (reference: string) => PdfObject): Record<string, string> {
  const entries = [...body.matchAll(/\/(\w+) (\d+ 0 R)/g)];
  return Object.fromEntries(
    entries.map(([, key, reference]) => [key, /^\((.*)\)$/s.exec(find(reference as string).body.trim())?.[1] ?? '']),
  );
}

function readPage(body: string, find: (reference: string) => PdfObject): string[] {
  const content = find(take(body, /\/Contents (\d+ 0 R)/)).stream ?? '';
  const fonts = take(find(take(body, /\/Resources (\d+ 0 R)/)).body, /\/Font <<([^>]*)>>/);
  const decoders = new Map<string, (text: string) => string>();
  for (const [, name, reference] of fonts.matchAll(/\/(\w+) (\d+ 0 R)/g)) {
    decoders.set(name as string, decoderOf(find(reference as string).body, find));
  }
  let decode: ((text: string) => string) | undefined;
  const texts: string[] = [];
  // A font being set, a literal string shown, or glyphs in hexadecimal shown.
  for (const token of content.matchAll(/\/(\w+) [\d.]+ Tf|\(((?:[^\\()]|\\.)*)\) Tj|\[([^\]]*)\] TJ/gs)) {
    const [, font, literal, glyphs] = token;
    if (font !== undefined) decode = decoders.get(font);
    else if (!decode) throw new Error('Text is shown before a font of the page is set.');
    else if (literal !== undefined) texts.push(decode(literal.replace(/\\(.)/gs, '$1')));
    else texts.push(decode([...(glyphs ?? '').matchAll(/<([0-9a-f]*)>/g)].map(([, hex]) => hex).join('')));
  }
  return texts;
}

const WIN_ANSI_128 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

function decoderOf(font: string, find: (reference: string) => PdfObject): (text: string) => string {
  if (font.includes('/WinAnsiEncoding')) {
    return (text) => text.replace(/[\x80-\x9f]/g, (byte) => WIN_ANSI_128[byte.charCodeAt(0) - 128] as string);
  }
  const map = find(take(font, /\/ToUnicode (\d+ 0 R)/)).stream ?? '';
  const unicode = new Map<string, string>();
  for (const [, from, , list] of map.matchAll(/<([0-9a-f]{4})> <([0-9a-f]{4})> \[([^\]]*)\]/g)) {
    for (const [index, [, hex]] of [...(list ?? '').matchAll(/<([0-9a-f]*)>/g)].entries()) {
      const glyph = (Number.parseInt(from as string, 16) + index).toString(16).padStart(4, '0');
      unicode.set(
        glyph,
        Buffer.from(hex as string, 'hex')
          .swap16()
          .toString('utf16le'),
      );
    }
  }
  return (hex) =>
    (hex.match(/.{4}/g) ?? [])
      .map((glyph) => {
        // Glyph 0 is the box that a font draws for what it does not have.
        const character = glyph === '0000' ? undefined : unicode.get(glyph);
        if (character === undefined) throw new Error(`Glyph ${glyph} stands for no character.`);
        return character;
      })
      .join('');
}

function take(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`Nothing matches ${pattern} in: ${text.slice(0, 200)}`);
  return found;
}
