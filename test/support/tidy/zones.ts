// Import zones: which folder may import which.
// One table; an import that it does not allow is a violation.

import { posix } from 'node:path';
import type { Code, Node, Violation } from './tree.ts';
import { lineAt, walk } from './tree.ts';

export interface Import {
  specifier: string;
  types_only: boolean;
  line: number;
}

interface Zone {
  name: string;
  /** Paths of the zone's own files. */
  holds: RegExp;
  /** Files it may import, types included. */
  values: RegExp;
  /** Files of which it may import types, with `import type`. */
  types?: RegExp;
  /** Package entry points of ours it may import. */
  entries?: RegExp;
  /** The rule, as the message of a violation states it. */
  rule: string;
}

/** A folder of src, and the other folders that it may import. `types`: with `import type` only. */
interface Layer {
  name: string;
  imports: readonly string[];
  types?: readonly string[];
}

/** The layers from the bottom up. docs/architecture.md draws them. */
export const LAYERS: readonly Layer[] = [
  { name: 'model', imports: [] },
  { name: 'db', imports: ['model'] },
  { name: 'embedded', imports: ['db', 'model'] },
  { name: 'bus', imports: ['db', 'model'] },
  { name: 'process', imports: ['bus', 'db', 'model'] },
  { name: 'chaos', imports: ['db', 'model'], types: ['bus', 'process'] },
  { name: 'verification', imports: ['chaos', 'process', 'bus', 'db', 'model'] },
  { name: 'http', imports: ['verification', 'chaos', 'process', 'bus', 'db', 'model'] },
  { name: 'supervisor', imports: ['embedded', 'chaos', 'db', 'model'] },
  {
    name: 'cli',
    imports: ['supervisor', 'http', 'embedded', 'verification', 'chaos', 'process', 'bus', 'db', 'model'],
  },
];

const folders = (names: readonly string[]) => new RegExp(`^src/(${names.join('|')})/`);
const NONE = /$^/;

function zoneOf({ name, imports, types }: Layer): Zone {
  const typed = types ? ` and, with \`import type\`, ${types.join(' and ')}` : '';
  return {
    name: `src/${name}`,
    holds: folders([name]),
    // The command line reads the version of the package.
    values: new RegExp(`${folders([name, ...imports]).source}${name === 'cli' ? '|^package\\.json$' : ''}`),
    types: types && folders(types),
    rule: `${name} may import only ${imports.join(', ') || 'its own folder'}${typed}`,
  };
}

/** The first match wins. */
const ZONES: Zone[] = [
  ...LAYERS.map(zoneOf),
  {
    name: 'src/index.ts',
    holds: /^src\/index\.ts$/,
    values: folders(['process', 'bus', 'db', 'model']),
    rule: 'the main entry point exports bus and process; chaos and http have their own entry points',
  },
  {
    name: 'reporting',
    holds: /^reporting\//,
    values: /^reporting\//,
    entries: /^faultline(\/chaos|\/http)?$/,
    rule: 'the bundled application uses only the public entry points (faultline, faultline/chaos, faultline/http)',
  },
  {
    name: 'ui',
    holds: /^ui\//,
    values: /^(ui\/|src\/model\/limits\.ts$)/,
    // Values only from a file without imports of its own, so that the bundle stays small.
    types: /^src\/(http\/contract|model\/)/,
    rule: 'ui may import src/model/limits.ts and, with `import type`, src/http/contract and src/model',
  },
  {
    name: 'test',
    holds: /^test\//,
    values: /^(src|reporting|ui|test|scripts|package\.json)/,
    entries: /^faultline(\/chaos|\/http)?$/,
    rule: 'tests may import what they test',
  },
  {
    name: 'bench',
    holds: /^bench\//,
    values: /^(bench|src|dist)\//,
    entries: /^faultline(\/chaos|\/http)?$/,
    rule: 'bench may import src, its build and its own files',
  },
  {
    name: 'scripts and settings',
    holds: /^(scripts\/|[^/]+$)/,
    values: /^(scripts\/|package\.json$)/,
    rule: 'scripts and settings stand alone',
  },
];

/** Checks every import of one file against the table. */
export function findZoneViolations(code: Code): Violation[] {
  const zone = ZONES.find((candidate) => candidate.holds.test(code.path));
  if (!zone)
    return [{ path: code.path, line: 1, rule: 'zones', message: 'belongs to no zone of test/support/tidy/zones.ts' }];
  return readImports(code).flatMap((found) => {
    if (isAllowed(zone, code.path, found)) return [];
    const how = found.types_only ? 'imports types from' : 'imports';
    const message = `${how} ${found.specifier}, but ${zone.rule}`;
    return [{ path: code.path, line: found.line, rule: 'zones', message }];
  });
}

function isAllowed(zone: Zone, path: string, { specifier, types_only }: Import): boolean {
  if (/^faultline($|\/)/.test(specifier)) return (zone.entries ?? NONE).test(specifier);
  if (!specifier.startsWith('.')) return true;
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  return zone.values.test(target) || (types_only && (zone.types ?? NONE).test(target));
}

/** Every import, re-export, dynamic import and `import('...')` type of a file with a literal target. */
export function readImports(code: Code): Import[] {
  const imports: Import[] = [];
  const add = (source: unknown, types_only: boolean) => {
    const node = source as Node | null;
    if (typeof node?.value !== 'string') return;
    imports.push({ specifier: node.value, types_only, line: lineAt(code.text, node.start) });
  };
  walk(code.program, (node) => {
    if (node.type === 'ImportDeclaration') add(node.source, node.importKind === 'type');
    else if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') {
      add(node.source, node.exportKind === 'type');
    } else if (node.type === 'ImportExpression') add(node.source, false);
    else if (node.type === 'TSImportType') add(node.source, true);
  });
  return imports;
}
