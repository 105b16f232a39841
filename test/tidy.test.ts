// The house rules: the tree keeps them, and each of them catches what it is there to catch.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findViolations } from './support/tidy/rules.ts';
import { readTree } from './support/tidy/tree.ts';

const OPENING = '// What it is for.\n// What it promises.\n';

/** What the rules say about a file that follows them all but for `body`, as `line rule`. */
function check(path: string, body: string): string[] {
  return findViolations([{ path, text: OPENING + body }]).map(({ line, rule }) => `${line} ${rule}`);
}

test('the tree keeps the house rules', () => {
  const files = readTree(fileURLToPath(new URL('..', import.meta.url)));
  expect(files.length).toBeGreaterThan(50);
  const violations = findViolations(files).map(
    ({ path, line, rule, message }) => `${path}:${line}  ${rule}  ${message}`,
  );
  expect(violations).toEqual([]);
});

describe('import zones', () => {
  test.each([
    ['src/bus/worker.ts', `import '../chaos/inject.ts';`],
    ['src/bus/worker.ts', `import type { X } from '../process/router.ts';`],
    ['src/process/router.ts', `import type { X } from '../chaos/index.ts';`],
    ['src/process/router.ts', `export * from '../http/contract.ts';`],
    ['src/db/pool.ts', `import { X } from '../bus/bus.ts';`],
    ['src/model/command.ts', `import { X } from '../db/pool.ts';`],
    ['src/chaos/inject.ts', `import { X } from '../bus/hooks.ts';`],
    ['src/chaos/inject.ts', `import { type X } from '../bus/hooks.ts';`],
    ['src/chaos/inject.ts', `import type { X } from '../http/contract.ts';`],
    ['src/http/server.ts', `import { X } from '../cli/main.ts';`],
    ['src/http/server.ts', `const x = await import('../../reporting/app.ts');`],
    ['src/http/server.ts', `import 'faultline';`],
    ['src/cli/serve.ts', `import { X } from '../../test/support/until.ts';`],
    ['src/index.ts', `export * from './chaos/index.ts';`],
    ['reporting/process.ts', `import { X } from '../src/model/command.ts';`],
    ['reporting/process.ts', `import { X } from 'faultline/bus';`],
    ['reporting/process.ts', `let x: import('../src/model/command.ts').X;`],
    ['ui/src/api/batches.ts', `import { X } from '../../../src/http/contract.ts';`],
    ['ui/src/api/batches.ts', `import type { X } from '../../../src/db/pool.ts';`],
    ['ui/src/api/batches.ts', `import type { X } from 'faultline';`],
    ['scripts/build.mjs', `import '../src/index.ts';`],
    ['bench/run.ts', `import '../test/support/database.ts';`],
    ['elsewhere/x.ts', ''],
  ])('%s may not: %s', (path, body) => {
    expect(check(path, body)).toContain(path.startsWith('elsewhere') ? '1 zones' : '3 zones');
  });

  test.each([
    ['src/chaos/inject.ts', `import type { X } from '../bus/hooks.ts';`],
    ['src/chaos/inject.ts', `import { X } from '../db/queries/chaos.ts';`],
    ['src/http/server.ts', `import { X } from '../chaos/index.ts'; import 'fastify';`],
    ['src/cli/serve.ts', `import { X } from '../http/index.ts';`],
    ['reporting/process.ts', `import { X } from 'faultline/chaos'; import './ledger.ts'; import 'pdfkit';`],
    ['ui/src/api/batches.ts', `import type { X } from '../../../src/http/contract.ts';`],
    ['ui/src/api/batches.ts', `import type { X } from '../../../src/model/command.ts';`],
    ['test/bus/worker.test.ts', `import { X } from '../../src/bus/worker.ts'; import 'faultline';`],
  ])('%s may: %s', (path, body) => {
    expect(check(path, body)).toEqual([]);
  });
});

describe('SQL stands in src/db', () => {
  test.each([
    'const q = `select id from command where id = $1`;',
    "const q = 'insert into command (id) values ($1)';",
    "const q = 'SELECT now()';",
    'const q = `\n  with due as (select 1) select * from due`;',
    'const q = `update faultline.command c set priority = 1`;',
    "const q = 'delete from batch';",
    "await client.query('begin');",
    "await client.query('listen ' + channel); const x = `listen $" + '{channel}`;',
    "const q = 'create table x ()';",
  ])('%s', (body) => {
    const [first] = check('src/bus/worker.ts', body);
    expect(first).toMatch(/^3 sql$/);
    expect(check('src/db/queries/command.ts', body)).toEqual([]);
    expect(check('reporting/ledger.ts', body)).toEqual([]);
  });

  test.each([
    "const text = 'Select a batch, then choose what to do';",
    "const text = 'with a reason (required)';",
    "const text = 'create a table of outcomes';",
    "const text = 'update the behavior of a running batch';",
    "const text = 'delete';",
    '// select id from command',
  ])('but prose is prose: %s', (body) => {
    expect(check('src/cli/batch.ts', body)).toEqual([]);
  });
});

describe('statuses are decided in few places', () => {
  test.each([
    "const row = { status: 'COMPLETED' };",
    "process.status = 'WAITING_FOR_TSQ';",
    "const row = { status: failed ? 'FAILED' : other };",
    "const row = { status: 'PENDING' as const };",
  ])('%s', (body) => {
    expect(check('src/http/routes/batches.ts', body)).toEqual(['3 statuses']);
    expect(check('src/bus/settle.ts', body)).toEqual([]);
    expect(check('src/process/router.ts', body)).toEqual([]);
  });

  test.each(["if (row.status === 'COMPLETED') done();", "const problem = { status: 404, title: 'FAILED' };"])(
    'but may be looked at: %s',
    (body) => {
      expect(check('src/http/routes/batches.ts', body)).toEqual([]);
    },
  );
});

describe('tests do not sleep', () => {
  test.each([
    'await new Promise((resolve) => setTimeout(resolve, 100));',
    `import { setTimeout as pause } from 'node:timers/promises';`,
    'await page.waitForTimeout(500);',
  ])('%s', (body) => {
    expect(check('test/bus/worker.test.ts', body)).toEqual(['3 sleep']);
    expect(check('test/support/until.ts', body)).toEqual([]);
  });

  test('but may set a timer that something else clears', () => {
    expect(check('test/bus/worker.test.ts', 'const timer = setTimeout(() => abort(), 100);')).toEqual([]);
  });
});

describe('names, length, opening, suppressions, machine paths', () => {
  test.each([
    'src/bus/utils/x.ts',
    'src/bus/helpers.ts',
    'ui/src/common/x.ts',
    'src/process/manager.ts',
    'test/util.ts',
  ])('the name %s says nothing', (path) => {
    expect(check(path, '')).toEqual(['1 names']);
  });

  test('a name that only contains such a word is fine', () => {
    expect(check('src/bus/uncommon.ts', '')).toEqual([]);
  });

  test('400 lines are the most', () => {
    const lines = (count: number) => 'const x = 1;\n'.repeat(count - 2);
    expect(check('src/bus/worker.ts', lines(400))).toEqual([]);
    expect(check('src/bus/worker.ts', lines(401))).toEqual(['401 length']);
  });

  test('a module opens with a comment', () => {
    const open = (text: string) => findViolations([{ path: 'src/bus/worker.ts', text }]).map(({ rule }) => rule);
    expect(open('const x = 1;\n')).toEqual(['opening']);
    expect(open("import './x.ts';\n// What it is for.\n")).toEqual(['opening']);
    expect(open('#!/usr/bin/env node\n// What it is for.\n')).toEqual([]);
  });

  test('suppressions are refused, or say why', () => {
    expect(check('src/bus/worker.ts', '// @ts-ignore because\nconst x = 1;')).toEqual(['3 suppressions']);
    expect(check('src/bus/worker.ts', '/* @ts-nocheck */')).toEqual(['3 suppressions']);
    expect(check('test/types.test.ts', '// @ts-expect-error\nconst x = 1;')).toEqual(['3 suppressions']);
    expect(check('test/types.test.ts', '// @ts-expect-error: input lacks a field\nconst x = 1;')).toEqual([]);
    expect(check('src/bus/worker.ts', "const text = '@ts-ignore';")).toEqual([]);
  });

  test.each(['root/.npmrc', 'home/someone/x', 'Users/someone/x', 'tmp/faultline.sock', 'work/main'])(
    'a path of one machine: %s',
    (below) => {
      const path = `/${below}`;
      expect(check('src/bus/worker.ts', `const path = ${JSON.stringify(path)};`)).toEqual(['3 machine-paths']);
      const page = findViolations([{ path: 'docs/x.md', text: `# x\n\nSee ${path}.\n` }]);
      expect(page.map(({ line, rule }) => `${line} ${rule}`)).toEqual(['3 machine-paths']);
    },
  );

  test('addresses and routes are not', () => {
    const inside = ['work', 'tmp'].map((folder) => `'https://host/${folder}/x', './${folder}/x'`);
    expect(check('src/bus/worker.ts', `const x = [${inside.join(', ')}, '/workers', '/api/v1/x'];`)).toEqual([]);
  });

  test.each(['src/db/queries/prune.ts', 'src/bus/send.ts', 'src/process/prune.ts'])(
    '%s names no table of chaos',
    (path) => {
      expect(check(path, 'export const TABLE = "e2e.test_command";')).toContain('3 chaos-tables');
      expect(check('src/chaos/queries/test-command.ts', 'export const TABLE = "e2e.test_command";')).toEqual([]);
    },
  );

  test('an exception carries its reason, and excuses one rule on one line', () => {
    const sql = "await client.query('begin');";
    expect(check('src/bus/worker.ts', `// tidy-ignore sql: a session setting\n${sql}`)).toEqual([]);
    expect(check('src/bus/worker.ts', `// tidy-ignore sql\n${sql}`)).toEqual(['3 excuses']);
    expect(check('src/bus/worker.ts', `// tidy-ignore sleep: wrong rule\n${sql}`)).toEqual(['4 sql']);
    expect(check('src/bus/worker.ts', `// tidy-ignore sql: one line\n${sql}\n${sql}`)).toEqual(['5 sql']);
  });
});

describe('imports form no circle', () => {
  const circlesOf = (files: Record<string, string>) =>
    findViolations(Object.entries(files).map(([path, body]) => ({ path, text: OPENING + body }))).filter(
      ({ rule }) => rule === 'circles',
    );

  test.each(['import', 'import type'])('a circle of three files is found through %s', (how) => {
    const circles = circlesOf({
      'src/bus/a.ts': `${how} { B } from './b.ts';`,
      'src/bus/b.ts': `${how} { C } from '../db/../bus/c.ts';`,
      'src/bus/c.ts': `${how} { A } from './a.ts';`,
      'src/bus/d.ts': `${how} { A } from './a.ts';`,
    });
    expect(circles).toMatchObject([{ path: 'src/bus/a.ts' }]);
    expect(circles[0]?.message).toContain('3 files: src/bus/a.ts, src/bus/b.ts, src/bus/c.ts');
  });

  test('files that share an import form none', () => {
    expect(
      circlesOf({
        'src/bus/a.ts': `import './c.ts'; import './b.ts';`,
        'src/bus/b.ts': `import './c.ts';`,
        'src/bus/c.ts': 'export const c = 1;',
      }),
    ).toEqual([]);
  });
});

describe('retired words', () => {
  const rulesOf = (path: string, text: string) => findViolations([{ path, text }]).map(({ rule }) => rule);

  test.each([
    'foretell',
    'Foretold',
    'fate',
    'comes_to',
    'lever',
    'readLever',
    'offender',
    'findOffences',
    'judged',
    'createJudge',
    'lone',
    'MOST_LINES',
    'OWN_DOMAIN',
    'cut short',
    'patience',
    'createPaced',
    'BATCH_LOOKS',
    'disturbance',
    'for ever',
    'narrator',
    'nobody',
  ])('%s is found in sources, pages, documents and tests', (word) => {
    for (const path of ['src/bus/x.ts', 'ui/src/x.tsx', 'test/bus/x.test.ts'])
      expect(rulesOf(path, `// What it is for.\n// Says ${word} here.\n`)).toEqual(['retired-words']);
    expect(rulesOf('docs/x.md', `# Title\n\nSays ${word} here.\n`)).toEqual(['retired-words']);
  });

  test.each(['standalone', 'alone', 'clever', 'adjudicate', 'a short cut', 'patients', 'leverage'])(
    '%s is not one',
    (word) => {
      expect(rulesOf('docs/x.md', `# Title\n\nSays ${word} here.\n`)).toEqual([]);
    },
  );
});

test('classes of CSS modules exist, and are used', () => {
  const page = `${OPENING}import classes from '../parts/table.module.css';\nexport const all = [classes.row, classes.rwo];\n`;
  const violations = findViolations([
    { path: 'ui/src/pages/list.tsx', text: page },
    { path: 'ui/src/parts/table.module.css', text: '.row {\n  margin: 0.5rem;\n}\n\n/* .no */\n.row > .cell {\n}\n' },
  ]);
  expect(violations.map(({ path, line, rule }) => `${path}:${line} ${rule}`)).toEqual([
    'ui/src/pages/list.tsx:4 styles',
    'ui/src/parts/table.module.css:6 styles',
  ]);
});
