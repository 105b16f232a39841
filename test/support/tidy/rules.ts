// The house rules that a formatter, a linter or the type checker cannot express.
// A violation names file, line and the rule in words; `tidy-ignore <rule>: <reason>` above the line excuses it.

import { COMMAND_STATUSES } from '../../../src/model/command.ts';
import { BATCH_STATUSES, PROCESS_STATUSES } from '../../../src/model/process.ts';
import { findCircles } from './circles.ts';
import { findRetiredWords } from './retired-words.ts';
import { findStyleViolations } from './styles.ts';
import type { Code, Node, SourceFile, Violation } from './tree.ts';
import { isCode, isNode, lineAt, parseCode, walk } from './tree.ts';
import { findZoneViolations } from './zones.ts';

const MAX_LINES = 400;

/** Everything wrong with these files, in their order. */
export function findViolations(files: SourceFile[]): Violation[] {
  const parsed = new Map(files.filter(isCode).map((file) => [file.path, parseCode(file)]));
  const found = files.flatMap((file) => {
    const code = parsed.get(file.path);
    return [...findTextViolations(file), ...(code ? findCodeViolations(code) : [])]
      .filter((violation) => !isExcused(file, violation))
      .sort((a, b) => a.line - b.line);
  });
  return [...found, ...findCircles([...parsed.values()]), ...findStyleViolations(files)];
}

function findTextViolations(file: SourceFile): Violation[] {
  return [...checkNames(file), ...checkMachinePaths(file), ...checkExcuses(file), ...findRetiredWords(file)];
}

function findCodeViolations(code: Code): Violation[] {
  return [
    ...findZoneViolations(code),
    ...checkLength(code),
    ...checkOpening(code),
    ...checkSuppressions(code),
    ...checkSql(code),
    ...checkChaosTables(code),
    ...checkStatuses(code),
    ...checkSleep(code),
  ];
}

/** Folders and files are named after what they hold; these words name nothing. */
function checkNames({ path }: SourceFile): Violation[] {
  const vague = path.split('/').find((part) => /^(utils?|helpers?|common|managers?|misc)(\.|$)/i.test(part));
  return vague ? [{ path, line: 1, rule: 'names', message: `${vague} says nothing: name it after what it holds` }] : [];
}

/** What is true only of the machine it was written on does not belong in the project. */
function checkMachinePaths({ path, text }: SourceFile): Violation[] {
  const machine = /(?<![\w.:/-])\/(root|work|home\/\w+|Users\/\w+|tmp)\/[\w.-]+/g;
  return [...text.matchAll(machine)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    rule: 'machine-paths',
    message: `${match[0]} is a path of one machine`,
  }));
}

function checkLength({ path, text }: Code): Violation[] {
  const lines = text.split('\n').length - 1;
  if (lines <= MAX_LINES) return [];
  return [{ path, line: MAX_LINES + 1, rule: 'length', message: `${lines} lines; ${MAX_LINES} are the most` }];
}

/** A module opens with what it is for and what it promises. */
function checkOpening({ path, text }: Code): Violation[] {
  if (!/^(src|reporting|ui\/src|scripts)\//.test(path)) return [];
  const body = text.replace(/^#!.*\n/, '');
  if (/^\/\/ \S/.test(body)) return [];
  return [{ path, line: 1, rule: 'opening', message: 'open with a comment: what it is for, and what it promises' }];
}

function checkSuppressions({ path, text, comments }: Code): Violation[] {
  return comments.flatMap(({ value, start }) => {
    const line = lineAt(text, start);
    if (/@ts-(ignore|nocheck)\b/.test(value)) {
      return [{ path, line, rule: 'suppressions', message: '@ts-ignore hides errors to come: use types' }];
    }
    if (/@ts-expect-error\s*$/.test(value)) {
      return [{ path, line, rule: 'suppressions', message: '@ts-expect-error without saying which error and why' }];
    }
    return [];
  });
}

// Whole statements, and fragments that only a statement has. Begins are anchored so that prose does not match.
const SQL = [
  /^\s*select\b[\s\S]+?\bfrom\s+[\w."$({]/i,
  /^\s*select\s+[\w.]+\s*\(/i,
  /^\s*with\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\s+(not\s+)?(materialized\s*)?\(/i,
  /^\s*insert\s+into\s+[\w."$]/i,
  /^\s*update\s+(only\s+)?[\w."$]+(\s+(as\s+)?\w+)?\s+set\s/i,
  /^\s*delete\s+from\s+[\w."$]/i,
  /^\s*(create|drop|alter)\s+(unique\s+|or replace\s+)?(table|index|schema|view|database|function|role)\b/i,
  /^\s*truncate\s+(table\s+)?[\w."$]+\s*$/i,
  /^\s*(begin|commit|rollback|analyze|vacuum)(\s+(work|transaction|isolation|verbose|faultline)\b.*)?\s*;?\s*$/,
  /^\s*(listen|unlisten|notify|lock\s+table|set\s+local|savepoint)\s+[\w."$]+/,
];

/** SQL text lives in src/db and in folders named queries; the bundled application keeps its own, tests and scripts may ask what they like. */
function checkSql(code: Code): Violation[] {
  if (!code.path.startsWith('src/') || /^src\/(db|embedded)\/|\/queries\//.test(code.path)) return [];
  return textsOf(code)
    .filter(({ text }) => SQL.some((shape) => shape.test(text)))
    .map(({ node, text }) => {
      const start = text.trim().replace(/\s+/g, ' ').slice(0, 40);
      const message = `SQL outside src/db and queries/: "${start}"; make it a named function there`;
      return { path: code.path, line: lineAt(code.text, node.start), rule: 'sql', message };
    });
}

/** The core does not name the tables of chaos: chaos is installed as hooks. */
function checkChaosTables(code: Code): Violation[] {
  if (!/^src\/(db|bus|process)\//.test(code.path)) return [];
  return [...code.text.matchAll(/\be2e\.\w+/g)].map((match) => {
    const message = `${match[0]} is a table of chaos; use a hook of src/bus/handlers.ts`;
    return { path: code.path, line: lineAt(code.text, match.index), rule: 'chaos-tables', message };
  });
}

const STATUSES = new Set<string>([...COMMAND_STATUSES, ...PROCESS_STATUSES, ...BATCH_STATUSES]);
const WRITERS =
  /^src\/(model\/|db\/|bus\/(settle|reap|troubleshooting|terminate|deadlines|bus|execute)\w*|process\/(router|advance|launch|cancel|finish)\w*|verification\/)/;

/**
 * A status is decided in few places: elsewhere a literal may be compared with, but not given to a `status`. Verification decides
 * what must have been, and writes nothing.
 */
function checkStatuses(code: Code): Violation[] {
  if (!code.path.startsWith('src/') || WRITERS.test(code.path)) return [];
  const found: Violation[] = [];
  walk(code.program, (node) => {
    const value = statusGiven(node);
    if (value === undefined) return;
    const message = `${value} is written here, but only settle, reap, troubleshooting, terminate, deadlines, router, advance, launch, cancel and finish decide a status`;
    found.push({ path: code.path, line: lineAt(code.text, node.start), rule: 'statuses', message });
  });
  return found;
}

function statusGiven(node: Node): string | undefined {
  const isStatus = (target: unknown) => isNode(target) && (target.name === 'status' || target.value === 'status');
  if (node.type === 'Property' && isStatus(node.key)) return statusLiteral(node.value);
  if (node.type === 'AssignmentExpression' && isNode(node.left) && node.left.type === 'MemberExpression') {
    return isStatus(node.left.property) ? statusLiteral(node.right) : undefined;
  }
  return undefined;
}

function statusLiteral(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'TSAsExpression' || value.type === 'TSSatisfiesExpression') return statusLiteral(value.expression);
  if (value.type === 'ConditionalExpression') return statusLiteral(value.consequent) ?? statusLiteral(value.alternate);
  return typeof value.value === 'string' && STATUSES.has(value.value) ? value.value : undefined;
}

/** A test awaits a signal or polls a condition; one that sleeps is slow on a good day and wrong on a bad one. */
function checkSleep(code: Code): Violation[] {
  if (!code.path.startsWith('test/') || code.path === 'test/support/until.ts') return [];
  const found: Violation[] = [];
  const add = (node: Node, what: string) => {
    const message = `${what} sleeps: await a signal, or a condition with until()`;
    found.push({ path: code.path, line: lineAt(code.text, node.start), rule: 'sleep', message });
  };
  walk(code.program, (node, ancestors) => {
    if (node.type === 'ImportDeclaration') {
      const source = isNode(node.source) ? node.source.value : undefined;
      if (source === 'node:timers/promises' || source === 'timers/promises') add(node, 'timers/promises');
    }
    if (node.type !== 'CallExpression' || !isNode(node.callee)) return;
    const { callee } = node;
    const inPromise = ancestors.some((parent) => parent.type === 'NewExpression' && isNamed(parent.callee, 'Promise'));
    if (isNamed(callee, 'setTimeout') && inPromise) add(node, 'setTimeout in a promise');
    if (callee.type === 'MemberExpression' && isNamed(callee.property, 'waitForTimeout')) add(node, 'waitForTimeout');
  });
  return found;
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name;
}

/** Every string and template of a file; holes of a template read as `$`. */
function textsOf(code: Code): { node: Node; text: string }[] {
  const texts: { node: Node; text: string }[] = [];
  walk(code.program, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') texts.push({ node, text: node.value });
    if (node.type === 'TemplateLiteral' && Array.isArray(node.quasis)) {
      const parts = (node.quasis as { value: { cooked: string | null; raw: string } }[]).map(({ value }) => value);
      texts.push({ node, text: parts.map((part) => part.cooked ?? part.raw).join('$') });
    }
  });
  return texts;
}

const EXCUSE = /tidy-ignore\s+([\w-]+)(?::\s*(\S.*?))?\s*(?:\*\/|-->)?\s*$/;

/** An exception carries its reason. */
function checkExcuses({ path, text }: SourceFile): Violation[] {
  return text.split('\n').flatMap((content, index) => {
    const excuse = /^\s*(\/\/|\/\*|<!--|--|#)/.test(content) ? EXCUSE.exec(content) : null;
    if (!excuse || excuse[2]) return [];
    return [{ path, line: index + 1, rule: 'excuses', message: `tidy-ignore ${excuse[1]} gives no reason` }];
  });
}

function isExcused({ text }: SourceFile, { line, rule }: Violation): boolean {
  const above = text.split('\n')[line - 2] ?? '';
  return EXCUSE.exec(above)?.[1] === rule;
}
