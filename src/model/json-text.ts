// Finds what parsing a JSON text would lose: numbers that change, duplicate keys, values that cannot be stored.
// Reports the path of each, in one pass over a text that is known to be JSON.

import type { FieldError } from './errors.ts';
import { dotted } from './field-errors.ts';
import { MAX_JSON_DEPTH, textProblem } from './storable.ts';

const MAX_ERRORS = 100;

/** An object or array that is open. */
interface Frame {
  /** Null in an array. */
  keys: Set<string> | null;
  /** The index of the current item. */
  key: string | number;
  /** The next string is a key. */
  before_key: boolean;
}

/** Returns everything that parsing would change or PostgreSQL cannot store. */
export function findJsonTextErrors(text: string): FieldError[] {
  const errors: FieldError[] = [];
  const open: Frame[] = [];
  const refuse = (message: string | null, code = 'not_storable') => {
    if (message !== null) errors.push({ path: dotted(open.map(({ key }) => key)), code, message });
  };
  // A text decoded from UTF-8 contains no unpaired surrogates itself.
  const is_well_formed = text.isWellFormed();
  let next_escape = -1;
  for (let at = 0; at < text.length && errors.length < MAX_ERRORS; at++) {
    const frame = open[open.length - 1];
    switch (text[at]) {
      case '{':
      case '[':
        if (open.length >= MAX_JSON_DEPTH) {
          refuse(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
          return errors;
        }
        open.push(
          text[at] === '[' ? { keys: null, key: 0, before_key: false } : { keys: new Set(), key: '', before_key: true },
        );
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (frame?.keys === null) (frame.key as number)++;
        else if (frame !== undefined) frame.before_key = true;
        break;
      case '"': {
        const end = endOfString(text, at);
        // Searched again only after the last hit has passed, so that a text without a hit is searched once.
        if (next_escape < at) next_escape = indexOrEnd(text, '\\', at);
        const written = text.slice(at + 1, end);
        const is_key = frame?.before_key === true;
        // Only \u escapes can produce characters that cannot be stored, so a value without one needs no check.
        const escaped = next_escape < end && (is_key || written.includes('\\u'));
        const value = escaped ? (JSON.parse(`"${written}"`) as string) : written;
        const message = escaped || !is_well_formed ? textProblem(value) : null;
        if (is_key) {
          frame.before_key = false;
          frame.key = value;
          if (message !== null) refuse(`its name ${message}`);
          if (frame.keys?.has(value)) refuse('stands twice in its object', 'duplicate');
          frame.keys?.add(value);
        } else refuse(message);
        at = end;
        break;
      }
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': {
        const end = endOfNumber(text, at);
        refuse(writtenNumberProblem(text.slice(at, end)));
        at = end - 1;
        break;
      }
    }
  }
  return errors;
}

function indexOrEnd(text: string, sought: string, from: number): number {
  const at = text.indexOf(sought, from);
  return at === -1 ? text.length : at;
}

/** The position of the quote that ends the string beginning at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = indexOrEnd(text, '"', start + 1); ; end = indexOrEnd(text, '"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0 || end >= text.length) return end;
  }
}

/** The position after the last digit, sign, dot or e. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; ; end++) {
    const code = text.charCodeAt(end);
    const is_part = (code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || (code | 32) === 101;
    if (!is_part) return end;
  }
}

/** Why parsing changes a number, or null. The 17 digits that other languages print for a double are accepted. */
function writtenNumberProblem(written: string): string | null {
  const value = Number(written);
  // The usual case, and by far the fastest check.
  if (String(value) === written) return null;
  const kept = `must be a number that a double can hold: ${written.slice(0, 40)} would become`;
  if (!Number.isFinite(value)) return `${kept} infinite`;
  if (Object.is(value, -0)) return `${kept} 0`;
  const meant = decimalOf(written);
  const digits = meant.digits.length;
  if (isSame(meant, decimalOf(String(value)))) return null;
  if (digits > 0 && digits <= 17 && isSame(meant, decimalOf(value.toPrecision(digits)))) return null;
  return `${kept} ${value}`;
}

interface Decimal {
  /** Without zeros at either end; empty for 0. */
  digits: string;
  /** The exponent of the first digit. */
  exponent: number;
}

function decimalOf(written: string): Decimal {
  const [mantissa = '', exponent = '0'] = written.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first === -1) return { digits: '', exponent: 0 };
  // Not by a pattern, which would take quadratic time for many zeros.
  let end = all.length;
  while (all[end - 1] === '0') end--;
  return { digits: all.slice(first, end), exponent: Number(exponent) + whole.length - first };
}

function isSame(a: Decimal, b: Decimal): boolean {
  return a.digits === b.digits && a.exponent === b.exponent;
}
