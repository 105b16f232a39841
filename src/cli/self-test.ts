// faultline verify --self-test: tests the checks on a given PostgreSQL, or on one started for it in a temporary folder.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../embedded/server.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import { runSelfTest, type SelfTestResult } from '../verification/index.ts';
import { say, show } from './print.ts';

export interface SelfTestOptions {
  /** The address of a database, with a role that may create databases. */
  database_url?: string;
  json: boolean;
}

/** Exits with 5 unless the sound batch passed and each broken variant failed its own check. */
export async function selfTest({ database_url, json }: SelfTestOptions): Promise<ExitCode> {
  const onResult = json ? undefined : (result: SelfTestResult) => say(lineOf(result));
  const results = await onServer(database_url, (url) => runSelfTest(url, onResult));
  const wrong = results.filter(({ ok }) => !ok).length;
  show({ json }, { ok: wrong === 0, results }, () =>
    say(`${results.length - wrong} of ${results.length} as expected.`),
  );
  return wrong === 0 ? EXIT.ok : EXIT.not_passed;
}

function lineOf({ name, ok, failed, expected }: SelfTestResult): string {
  const found = failed.length === 0 ? 'every check passes' : `failed: ${failed.join(', ')}`;
  return ok ? `ok    ${name} (${found})` : `WRONG ${name} (${found}; expected: ${expected.join(', ') || 'none'})`;
}

async function onServer<T>(url: string | undefined, work: (url: string) => Promise<T>): Promise<T> {
  if (url) return work(url);
  const folder = mkdtempSync(join(tmpdir(), 'faultline-self-test-'));
  const server = await startEmbedded({ data_dir: join(folder, 'postgres') });
  try {
    return await work(server.url);
  } finally {
    await server.stop('immediate');
    rmSync(folder, { recursive: true, force: true });
  }
}
