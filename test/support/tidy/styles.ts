// Classes of CSS modules: each one that the page names exists, and each one that exists is named.

import { posix } from 'node:path';
import { lineAt, type SourceFile, type Violation } from './tree.ts';

const IMPORT = /import (\w+) from '(\.[^']+\.module\.css)'/g;

export function findStyleViolations(files: SourceFile[]): Violation[] {
  const sheets = new Map(files.filter(({ path }) => path.endsWith('.module.css')).map((file) => [file.path, file]));
  const used = new Map<string, Set<string>>();
  const found: Violation[] = [];
  for (const { path, text } of files.filter(({ path }) => path.endsWith('.tsx'))) {
    for (const [, name, from = ''] of text.matchAll(IMPORT)) {
      const sheet = posix.join(posix.dirname(path), from);
      const defined = classesOf(sheets.get(sheet)?.text ?? '');
      const named = used.get(sheet) ?? new Set();
      used.set(sheet, named);
      for (const { 1: field = '', index } of text.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))) {
        named.add(field);
        if (!defined.has(field))
          found.push({ path, line: lineAt(text, index), rule: 'styles', message: `${sheet} has no class ${field}` });
      }
    }
  }
  for (const { path, text } of sheets.values()) {
    for (const [name, index] of classesOf(text)) {
      if (!used.get(path)?.has(name))
        found.push({ path, line: lineAt(text, index), rule: 'styles', message: `nothing uses the class ${name}` });
    }
  }
  return found;
}

/** Each class with its first place. Values have no letter after a dot, and comments are blanked. */
function classesOf(css: string): Map<string, number> {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, (comment) => ' '.repeat(comment.length));
  const classes = new Map<string, number>();
  for (const { 1: name = '', index } of plain.matchAll(/\.([A-Za-z_][\w-]*)/g)) {
    if (!classes.has(name)) classes.set(name, index);
  }
  return classes;
}
