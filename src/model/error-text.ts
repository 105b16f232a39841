// Turns errors and foreign text into safe text: errors with their causes, no control characters, no passwords.
// The text can be stored in a column, and is one line on a terminal and in a log.

import { inspect } from 'node:util';
import { CommandError, FaultlineError } from './errors.ts';

/** The maximum length of the text for a column or a log line. */
const MAX_WORDS = 2_000;
const MAX_CAUSES = 10;

/** What was thrown and what caused it, in words that can be stored. Anything can be thrown, also what throws when looked at. */
export function describeError(error: unknown): string {
  return inWords(error, true);
}

/** The same to end a sentence of ours with: that it is an Error goes without saying. */
export function reasonOf(error: unknown): string {
  return inWords(error, false);
}

function inWords(error: unknown, named: boolean): string {
  try {
    return storable(causesOf(error, named).join(': '));
  } catch {
    return 'What was thrown cannot be put into words.';
  }
}

/** A text column takes neither NUL nor half a character, which the cut may leave. */
function storable(text: string): string {
  return text
    .replaceAll('\0', '')
    .slice(0, MAX_WORDS)
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Each that says something new, from what was thrown down to the first cause; causes may go in a circle. */
function causesOf(error: unknown, named: boolean): string[] {
  const seen = new Set<unknown>();
  const told: string[] = [];
  for (let at = error; seen.size < MAX_CAUSES && !seen.has(at) && (at != null || seen.size === 0); at = causeOf(at)) {
    const words = at instanceof AggregateError ? wordsOfAll(at) : wordsOf(at, named && seen.size === 0);
    if (!told.some((before) => before.includes(words))) told.push(words);
    seen.add(at);
  }
  return told;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function wordsOf(error: unknown, named: boolean): string {
  if (error instanceof CommandError || (error instanceof FaultlineError && !named)) return error.message;
  if (error instanceof Error)
    return error.name === 'Error' && !named ? error.message : `${error.name}: ${error.message}`;
  return typeof error === 'string' ? error : inspect(error);
}

/** Of several at once, as of the addresses of a host: often nothing else says anything. */
function wordsOfAll({ message, errors }: AggregateError): string {
  const each = [...new Set(errors.slice(0, MAX_CAUSES).map((error) => wordsOf(error, false)))].join('; ');
  return message === '' ? each : `${message} (${each})`;
}

/** Whatever steers a terminal or turns the direction of reading: C0, DEL, C1, the line ends of Unicode, and marks of direction. */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function hasSteering(text: string): boolean {
  return text.search(STEERING) >= 0;
}

/** Text of others as one line that a terminal shows and does not obey: `\n`, `\x1b`, `\u202e`. */
export function showText(text: string): string {
  return text.replace(STEERING, (character) => SHORT[character] ?? escapeOf(character));
}

/** As showText, but its lines stay lines. */
export function showLines(text: string): string {
  return text.split('\n').map(showText).join('\n');
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** JSON leaves DEL, C1 and marks of direction as they are: escaped, it says the same. */
export function showJson(json: string): string {
  return json.replace(STEERING, (character) =>
    character < ' ' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Where the password of an address begins: after the user, or where one would stand. */
const BEFORE_PASSWORD = /(?<=[\w+.-]):\/\/[^\s:/@"]*:/g;

/**
 * Text without the passwords of addresses and of `password=...` in it. A password that was not escaped may hold `/`, `#`, `?` and `@`,
 * so all up to the last `@` of the word goes. A line of JSON stays one: quotes end the word. Every line of a log comes here, also one of
 * a million characters without a space: each is looked at once or twice.
 */
export function hidePasswords(text: string): string {
  return hideInAddresses(text).replace(/(password(?:=|%3d))(?:'(?:[^'"\\]|\\.)*'?|(?:[^\s&"'\\]|\\.)+)/gi, '$1***');
}

function hideInAddresses(text: string): string {
  let shown = '';
  let told = 0;
  let word_end = 0;
  let last_at = -1;
  for (const { index, 0: before } of text.matchAll(BEFORE_PASSWORD)) {
    const start = index + before.length;
    if (start >= word_end) {
      word_end = endOfWord(text, start);
      last_at = text.slice(start, word_end).lastIndexOf('@') + start;
    }
    // Within what is hidden, or no `@` follows.
    if (start <= told || last_at < start) continue;
    shown += `${text.slice(told, start)}***`;
    told = last_at;
  }
  return shown + text.slice(told);
}

/** At a space or a quote that is not escaped. */
function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[\s"]/.test(text.charAt(end))) end += text[end] === '\\' ? 2 : 1;
  return Math.min(end, text.length);
}
