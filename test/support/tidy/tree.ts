// The tree as the house rules see it: every file of ours, and for code its parsed form.
// Needs no git, so that it works on an unpacked archive too.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseSync } from 'vite';

/** A file of the project: `path` is relative to the root, with slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

export interface Violation {
  path: string;
  line: number;
  rule: string;
  message: string;
}

/** A node of the ESTree; only what rules look at is named. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

export interface Code extends SourceFile {
  program: Node;
  comments: { value: string; start: number }[];
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache', '.faultline']);
const TEXT = /(\.(ts|tsx|mjs|js|css|html|json|md|sql|yml|yaml|toml|sh|svg|txt)|^[^.]+|\.ci\/run|\.npmrc|\.gitignore)$/;
const CODE = /\.(ts|tsx|mjs)$/;

export function readTree(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name)) visit(path);
      } else if (entry.isFile() && TEXT.test(entry.name) && entry.name !== 'package-lock.json') {
        files.push({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') });
      }
    }
  };
  visit(root);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function isCode(file: SourceFile): boolean {
  return CODE.test(file.path);
}

/** Throws a Violation-like message when the file does not parse; the type checker says it better. */
export function parseCode(file: SourceFile): Code {
  const { program, comments, errors } = parseSync(file.path, file.text);
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0]?.message}`);
  return { ...file, program: program as unknown as Node, comments };
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

/** Calls `see` for every node below `node`, parents first, with the chain of ancestors (nearest last). */
export function walk(node: Node, see: (node: Node, ancestors: Node[]) => void, ancestors: Node[] = []): void {
  see(node, ancestors);
  ancestors.push(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, see, ancestors);
  }
  ancestors.pop();
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
