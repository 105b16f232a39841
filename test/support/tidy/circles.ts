// Import circles: files that import each other, types included.
// Each group of files that can reach one another through imports is one violation.

import { posix } from 'node:path';
import type { Code, Violation } from './tree.ts';
import { readImports } from './zones.ts';

/** Finds the strongly connected components of the import graph with more than one file (Tarjan 1972). */
export function findCircles(files: readonly Code[]): Violation[] {
  const known = new Set(files.map(({ path }) => path));
  const targets = new Map(files.map((code) => [code.path, targetsOf(code).filter((path) => known.has(path))]));
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];

  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    let lowest = index;
    stack.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) as number);
    }
    low.set(path, lowest);
    if (lowest === index) {
      const circle = stack.splice(stack.indexOf(path));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return lowest;
  };
  for (const { path } of files) if (!order.has(path)) visit(path);

  return circles.map((circle) => ({
    path: circle[0] as string,
    line: 1,
    rule: 'circles',
    message: `is in an import circle of ${circle.length} files: ${circle.join(', ')}`,
  }));
}

function targetsOf(code: Code): string[] {
  return readImports(code)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(code.path), specifier)));
}
