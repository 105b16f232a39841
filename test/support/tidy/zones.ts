// Import zones: which part of the tree may know which.
// One table; whatever it does not allow is a violation, said in words.

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
  /** The rule in words. */
  rule: string;
}

const layer = (...names: string[]) => new RegExp(`^src/(${names.join('|')})/`);
const NONE = /$^/;

/** First match wins. */
const ZONES: Zone[] = [
  {
    name: 'src/model',
    holds: layer('model'),
    values: layer('model'),
    rule: 'model is pure and knows nothing above it',
  },
  {
    name: 'src/db',
    holds: layer('db'),
    values: layer('db', 'model'),
    rule: 'db may import model, and nothing above it',
  },
  {
    name: 'src/bus',
    holds: layer('bus'),
    values: layer('bus', 'db', 'model'),
    rule: 'bus may import db and model; never process, chaos, http or cli',
  },
  {
    name: 'src/process',
    holds: layer('process'),
    values: layer('process', 'bus', 'db', 'model'),
    rule: 'process may import bus, db and model; never chaos, http or cli',
  },
  {
    name: 'src/chaos',
    holds: layer('chaos'),
    values: layer('chaos', 'db', 'model'),
    types: layer('bus', 'process'),
    rule: 'chaos may import db, model and, with `import type`, the hook types of bus and process',
  },
  {
    name: 'src/verification',
    holds: layer('verification'),
    values: layer('verification', 'chaos', 'process', 'bus', 'db', 'model'),
    rule: 'verification may import chaos, process, bus, db and model; never http or cli',
  },
  {
    name: 'src/http',
    holds: layer('http'),
    values: layer('http', 'verification', 'chaos', 'process', 'bus', 'db', 'model'),
    rule: 'http may import verification, chaos, process, bus, db and model; never cli',
  },
  {
    name: 'src/embedded',
    holds: layer('embedded'),
    values: layer('embedded', 'db', 'model'),
    rule: 'embedded may import db and model',
  },
  {
    name: 'src/supervisor',
    holds: layer('supervisor'),
    values: layer('supervisor', 'embedded', 'chaos', 'db', 'model'),
    rule: 'supervisor may import embedded, chaos, db and model; never cli',
  },
  {
    name: 'src/cli',
    holds: layer('cli'),
    values: /^(src\/|package\.json$)/,
    rule: 'cli is the composition root: it may import all of src, and nothing outside it',
  },
  {
    name: 'src/index.ts',
    holds: /^src\/index\.ts$/,
    values: layer('process', 'bus', 'db', 'model'),
    rule: 'the main entry point shows bus and process; chaos and http have entry points of their own',
  },
  {
    name: 'reporting',
    holds: /^reporting\//,
    values: /^reporting\//,
    entries: /^faultline(\/chaos|\/http)?$/,
    rule: 'the bundled application uses public entry points only (faultline, faultline/chaos, faultline/http), as a user would',
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

/** Every import, re-export, dynamic import and `import('...')` type of a file whose target is written out. */
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
