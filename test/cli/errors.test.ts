// How verbs fail before they begin: one line each that says what to do, and no password in any of them.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { databaseUrlOption } from '../../src/cli/options.ts';
import { killFaultlines, runFaultline } from '../support/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findTestPort } from '../support/ports.ts';

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'faultline-errors-'));
});
afterAll(async () => {
  killFaultlines();
  await rm(folder, { recursive: true, force: true });
});

const VERBS: Record<string, string[]> = {
  start: ['start'],
  serve: ['serve'],
  work: ['work'],
  migrate: ['migrate'],
  doctor: ['doctor'],
  prune: ['prune'],
  verify: ['verify', '--self-test'],
};

/** Each holds `5ecret`, or begins with a number that passes for a port. */
const MALFORMED = [
  'postgres://ada:5ecret#x@db.example:5432/bank',
  'postgres://ada:5ecret/x@db.example:5432/bank',
  'postgres://ada:5ecret?x@db.example:5432/bank',
  'postgres://ada:77#5ecret@db.example/bank',
  'postgres://ada:77/5ecret@db.example/bank',
  'postgres://ada:77?5ecret@db.example/bank',
  'postgres://ada:5ecret@db.example:port/bank',
  'postgres://ada:5ecret@db.example:99999/bank',
  'postgres://ada:5ecret%zz@db.example/bank',
  'postgres://ada:5ecret @db.example/bank',
  'postgres://ada:5ecret@db example/bank',
  'postgre://ada:5ecret@db.example/bank',
  'mysql://ada:5ecret@db.example/bank',
  'ada:5ecret@db.example/bank',
  'host=db.example user=ada password=5ecret dbname=bank',
];

describe('an address of a database that is none', () => {
  const parse = async (args: string[]) => {
    let said = '';
    const program = new Command('faultline')
      .addOption(databaseUrlOption())
      .exitOverride()
      .configureOutput({
        writeErr: (text) => {
          said += text;
        },
      });
    const thrown = await program.parseAsync(args, { from: 'user' }).then(
      () => null,
      (error: Error) => error.message,
    );
    return { thrown, said: `${said}${thrown}` };
  };

  test.each(MALFORMED)('%s is refused, and not repeated', async (url) => {
    for (const given of ['option', 'environment']) {
      if (given === 'environment') vi.stubEnv('DATABASE_URL', url);
      const { thrown, said } = await parse(given === 'option' ? ['--database-url', url] : []);
      vi.unstubAllEnvs();
      expect(thrown).toMatch(/must look like postgres:\/\/user:password@host:5432\/database/);
      expect(said).not.toMatch(/5ecret|77|db.example/);
    }
  });

  test.each([
    'postgres://ada:p%23%2F%3F%40%3A%25@db.example:5432/bank',
    'postgresql://ada@[::1]:5432/bank?sslmode=no-verify',
    'postgres://ada:p@ss@db.example/bank',
    'postgres:///bank?host=/var/run/postgresql&user=ada@example',
    'postgres://db.example/b%40nk',
  ])('%s is one', async (url) => {
    expect(await parse(['--database-url', url])).toMatchObject({ thrown: null });
  });

  test('is told without its password by every verb that takes it', async () => {
    const url = MALFORMED[0] as string;
    for (const args of Object.values(VERBS)) {
      const runs = [
        runFaultline([...args, '--database-url', url]),
        runFaultline(args, { DATABASE_URL: url }),
        // Mistaken for another option, or for an argument.
        runFaultline([...args, `--databse-url=${url}`]),
        runFaultline([...args, url, url]),
      ];
      for (const run of runs) {
        const { code, stdout, stderr } = await (await run).ended;
        expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
        expect(stderr).toMatch(/./);
        expect(stderr).not.toMatch(/5ecret/);
      }
    }
  });
});

describe('what cannot begin is said in one line', () => {
  const ONE_LINE = /^[^\n]+\n$/;
  const wrongPassword = () => Object.assign(new URL(database.url), { password: '5ecret' }).href;
  const noDatabase = () => Object.assign(new URL(database.url), { pathname: '/nowhere' }).href;

  test.each(['serve', 'work', 'migrate', 'prune'])(
    '%s: a refused login, a database that is not there',
    async (verb) => {
      const args = [...(VERBS[verb] as string[]), '--data-dir', folder];
      const refused = await (await runFaultline(args, { DATABASE_URL: wrongPassword() })).ended;
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(ONE_LINE) });
      expect(refused.stderr).toMatch(/^The database refuses the login: password .* Check user and password/);
      const missing = await (await runFaultline(args, { DATABASE_URL: noDatabase() })).ended;
      expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(ONE_LINE) });
      expect(missing.stderr).toMatch(/^There is no such database: database "nowhere" does not exist. Create it/);
      expect(`${refused.stderr}${missing.stderr}`).not.toMatch(/5ecret/);
    },
  );

  test('start: the same, as the reason of its end', async () => {
    const args = ['start', '--data-dir', join(folder, 'start'), '--port', String(await findTestPort())];
    const { code, stdout } = await (await runFaultline(args, { DATABASE_URL: wrongPassword() })).ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/could not be prepared \(exit code 1: The database refuses the login: password /);
  });

  test('the log level debug adds the stack, and the line stays last', async () => {
    const env = { DATABASE_URL: wrongPassword(), FAULTLINE_LOG_LEVEL: 'debug' };
    const { stderr } = await (await runFaultline(['migrate'], env)).ended;
    expect(stderr).toMatch(/\n {4}at [\s\S]*\nThe database refuses the login: [^\n]*\n$/);
    expect(stderr).not.toMatch(/5ecret/);
  });

  test('a data folder that is a file, or lies where nothing can be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const port = String(await findTestPort());
    for (const dataDir of [file, join(file, 'below')]) {
      const { code, stdout, stderr } = await (await runFaultline(['start', '--data-dir', dataDir, '--port', port]))
        .ended;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(ONE_LINE);
      expect(stderr).toMatch(/ cannot be used \((ENOTDIR|EEXIST)\)\. .*--data-dir/);
    }
  });

  test.skipIf(process.getuid?.() === 0)('a data folder of another account', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o500);
    const { stderr } = await (await runFaultline(['start', '--data-dir', join(closed, 'data')])).ended;
    expect(stderr).toMatch(/^[^\n]+ cannot be used \(EACCES\)\. [^\n]+--data-dir[^\n]+\n$/);
  });

  test.each([
    [{ code: 'ENOSPC', path: '/x/run.json.new', message: 'm' }, '/x/run.json.new cannot be used (ENOSPC). Make room'],
    [{ code: 'EACCES', syscall: 'listen', port: 80, message: 'm' }, 'Port 80 cannot be listened on (EACCES).'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'm' }, "The database's certificate is not trusted"],
    [{ code: '53300', message: 'sorry, too many clients already' }, 'The database has no connection left: sorry'],
    [{ message: 'a\nb \x1b[2J postgres://ada:5ecret@h/d' }, 'a\\nb \\x1b[2J postgres://ada:***@h/d (FAULTLINE_LOG'],
  ])('%o', (fields, line) => {
    expect(explain(Object.assign(new Error('x'), fields))).toContain(line);
  });
});
