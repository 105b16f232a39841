// Turns errors and foreign text into safe text: errors with their causes, no control characters, no passwords.
// The text can be stored in a column, and is one line on a terminal and in a log.

import { inspect } from 'node:util';
import { CommandError, FaultlineError } from './errors.ts';

/** The maximum length of the text for a column or a log line. */
const MAX_WORDS = 2_000;
const MAX_CAUSES = 10;

/** The error and its causes as storable text. Any value can be thrown, even one that throws when it is inspected. */
export function describeError(error: unknown): string {
  return inWords(error, true);
}

/** The same text for the end of one of our sentences, without the name `Error`. */
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

/** A text column rejects NUL bytes and half characters, which the cut may leave. */
function storable(text: string): string {
  return text
    .replaceAll('\0', '')
    .slice(0, MAX_WORDS)
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Each message that adds something, from the thrown error to its first cause. Causes may be circular. */
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

/** The messages of an aggregate error, for example for each address of a host. Often only these say what failed. */
function wordsOfAll({ message, errors }: AggregateError): string {
  const each = [...new Set(errors.slice(0, MAX_CAUSES).map((error) => wordsOf(error, false)))].join('; ');
  return message === '' ? each : `${message} (${each})`;
}

/** Characters that control a terminal or the reading direction: C0, DEL, C1, Unicode line ends, and direction marks. */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function hasSteering(text: string): boolean {
  return text.search(STEERING) >= 0;
}

/** Foreign text as one line with control characters escaped: `\n`, `\x1b`, `\u202e`. */
export function showText(text: string): string {
  return text.replace(STEERING, (character) => SHORT[character] ?? escapeOf(character));
}

/** Like showText, but keeps line breaks. */
export function showLines(text: string): string {
  return text.split('\n').map(showText).join('\n');
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** JSON does not escape DEL, C1 and direction marks; escaping them does not change its meaning. */
export function showJson(json: string): string {
  return json.replace(STEERING, (character) =>
    character < ' ' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The start of the password in an address: after the user, even an empty one. */
const BEFORE_PASSWORD = /(?<=[\w+.-]):\/\/[^\s:/@"]*:/g;

/**
 * Removes the passwords of addresses and of `password=...` from a text. An unescaped password may contain `/`, `#`, `?`
 * and `@`, so everything up to the last `@` of the word is removed. JSON stays valid, because quotes end the word.
 * Every log line passes through here, even one of a million characters without a space, so each character is read at
 * most twice.
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
    // Inside a hidden part, or no `@` follows.
    if (start <= told || last_at < start) continue;
    shown += `${text.slice(told, start)}***`;
    told = last_at;
  }
  return shown + text.slice(told);
}

/** The position of the next space or unescaped quote. */
function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[\s"]/.test(text.charAt(end))) end += text[end] === '\\' ? 2 : 1;
  return Math.min(end, text.length);
}
