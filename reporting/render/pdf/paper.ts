// Paper to draw on: pages, text at a baseline, lines, boxes; written straight into the page's content stream.
// Coordinates are points from the top left of an A4 page. Later drawings cover earlier ones.

import PDFDocument from 'pdfkit';
import { embeddedFont, encodeStandard, standardFont, standardWidth, type Weight } from './fonts.ts';

export const PAGE = { width: 595.28, height: 841.89, left: 48, right: 547.28, top: 48, bottom: 768 } as const;

/** A color, with the operators that set it written out once. */
export interface Color {
  readonly rgb: readonly [number, number, number];
  readonly fill: string;
  readonly stroke: string;
}

/** Red, green, blue, each 0-255. */
export function color(...rgb: [number, number, number]): Color {
  const operands = rgb.map((channel) => Math.round((channel / 255) * 1000) / 1000).join(' ');
  return { rgb, fill: `${operands} rg\n`, stroke: `${operands} RG\n` };
}

export interface TextStyle {
  size: number;
  weight?: Weight;
  color: Color;
  align?: 'left' | 'right' | 'center';
  /** Longer text ends in an ellipsis. */
  max_width?: number;
}

export interface DocumentInfo {
  title: string;
  author: string;
  subject: string;
  keywords: string;
  created_at: Date;
}

// pdfkit's own types say `any` here.
interface PageResources {
  fonts: Record<string, unknown>;
}

export class Paper {
  readonly #document: PDFKit.PDFDocument;
  readonly #chunks: Buffer[] = [];
  readonly #fonts: Record<string, unknown>;
  #content = '';
  // What the content stream has set so far: most things are drawn as the thing before.
  #fill = '';
  #stroke = '';
  #font = '';

  constructor(info: DocumentInfo) {
    this.#document = new PDFDocument({
      size: [PAGE.width, PAGE.height],
      margin: 0,
      font: '',
      lang: 'en-IE',
      displayTitle: true,
      bufferPages: true,
      autoFirstPage: false,
      info: {
        Title: info.title,
        Author: info.author,
        Subject: info.subject,
        Keywords: info.keywords,
        Creator: info.author,
        Producer: 'Faultline',
        CreationDate: info.created_at,
      },
    });
    this.#document.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#fonts = { Sregular: this.#declareFont('regular'), Sbold: this.#declareFont('bold') };
  }

  get pageCount(): number {
    return this.#document.bufferedPageRange().count;
  }

  addPage(): void {
    this.#flush();
    this.#document.addPage();
    Object.assign((this.#document.page as PageResources).fonts, this.#fonts);
  }

  /** Goes back to a page, from 0, to draw more on it. */
  returnToPage(index: number): void {
    this.#flush();
    this.#document.switchToPage(index);
  }

  widthOf(text: string, size: number, weight: Weight = 'regular'): number {
    if (encodeStandard(text) !== null) return standardWidth(text, weight) * size;
    this.#embed(weight);
    return this.#document.fontSize(size).widthOfString(text);
  }

  /** Writes one line; `y` is its baseline. */
  text(x: number, y: number, text: string, style: TextStyle): void {
    const weight = style.weight ?? 'regular';
    const shown = style.max_width === undefined ? text : this.#shorten(text, style.size, weight, style.max_width);
    if (shown === '') return;
    const literal = encodeStandard(shown);
    if (literal === null) {
      this.#textEmbedded(x, y, shown, style, weight);
      return;
    }
    const left = x - indent(standardWidth(shown, weight) * style.size, style.align);
    const font = `/S${weight} ${style.size} Tf\n`;
    this.#setFill(style.color);
    if (font !== this.#font) this.#content += font;
    this.#font = font;
    this.#content += `BT 1 0 0 -1 ${at(left)} ${at(y)} Tm (${literal}) Tj ET\n`;
  }

  /** Breaks a text at its spaces into lines no wider than `width`. */
  wrap(text: string, width: number, size: number, weight: Weight = 'regular'): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && this.widthOf(longer, size, weight) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  }

  box(x: number, y: number, width: number, height: number, color: Color): void {
    this.#setFill(color);
    this.#content += `${at(x)} ${at(y)} ${at(width)} ${at(height)} re f\n`;
  }

  line(x1: number, y1: number, x2: number, y2: number, color: Color, width_pt: number): void {
    if (color.stroke !== this.#stroke) this.#content += color.stroke;
    this.#stroke = color.stroke;
    this.#content += `${at(width_pt)} w ${at(x1)} ${at(y1)} m ${at(x2)} ${at(y2)} l S\n`;
  }

  /** A filled outline in the path language of SVG, moved to (x, y) and scaled. */
  shape(x: number, y: number, scale: number, path: string, color: Color): void {
    this.#flush();
    this.#document
      .save()
      .translate(x, y)
      .scale(scale)
      .path(path)
      .fill([...color.rgb]);
    this.#document.restore();
  }

  /** Ends the document and returns its bytes. */
  finish(): Promise<Buffer> {
    this.#flush();
    return new Promise((resolve, reject) => {
      this.#document.on('end', () => resolve(Buffer.concat(this.#chunks)));
      this.#document.on('error', reject);
      this.#document.end();
    });
  }

  #declareFont(weight: Weight): unknown {
    const font = this.#document.ref({
      Type: 'Font',
      Subtype: 'Type1',
      BaseFont: standardFont(weight),
      Encoding: 'WinAnsiEncoding',
    });
    // Its own types ask for a chunk that an object without a stream does not have.
    font.end(undefined);
    return font;
  }

  #embed(weight: Weight): void {
    const name = `embedded-${weight}`;
    this.#document.registerFont(name, embeddedFont(weight));
    this.#document.font(name);
  }

  #textEmbedded(x: number, y: number, text: string, style: TextStyle, weight: Weight): void {
    this.#flush();
    this.#embed(weight);
    const document = this.#document.fontSize(style.size).fillColor([...style.color.rgb]);
    const left = x - indent(document.widthOfString(text), style.align);
    document.text(text, left, y, { lineBreak: false, baseline: 'alphabetic' });
  }

  #setFill(color: Color): void {
    if (color.fill !== this.#fill) this.#content += color.fill;
    this.#fill = color.fill;
  }

  #shorten(text: string, size: number, weight: Weight, max_width: number): string {
    if (this.widthOf(text, size, weight) <= max_width) return text;
    const characters = [...text];
    while (characters.length > 0) {
      characters.pop();
      const shortened = `${characters.join('').trimEnd()}…`;
      if (this.widthOf(shortened, size, weight) <= max_width) return shortened;
    }
    return '';
  }

  /** Hands what was drawn to the page; what pdfkit draws next may set colors of its own. */
  #flush(): void {
    this.#fill = '';
    this.#stroke = '';
    this.#font = '';
    if (this.#content === '') return;
    this.#document.addContent(this.#content);
    this.#content = '';
  }
}

function indent(width: number, align: TextStyle['align'] = 'left'): number {
  return align === 'left' ? 0 : align === 'right' ? width : width / 2;
}

function at(points: number): string {
  return String(Math.round(points * 100) / 100);
}
