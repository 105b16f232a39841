// faultline verify --self-test: runs the oracle's own test on a PostgreSQL that is started for it, or on one that is given.
// Promises that nothing of it is left afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../embedded/embedded.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import { runSelfTest, type SelfTestResult } from '../verification/index.ts';
import { printJson, say } from './print.ts';

export interface SelfTestOptions {
  /** Of a role that may create databases; without it a PostgreSQL is started in a temporary folder. */
  database_url?: string;
  json: boolean;
}

/** Exit code 0 when a sound batch passed and every broken variant was told by its own check, else 1. */
export async function selfTest({ database_url, json }: SelfTestOptions): Promise<ExitCode> {
  const tell = json ? undefined : (result: SelfTestResult) => say(lineOf(result));
  const results = await onServer(database_url, (url) => runSelfTest(url, tell));
  const wrong = results.filter(({ ok }) => !ok).length;
  if (json) printJson({ ok: wrong === 0, results });
  else say(`${results.length - wrong} of ${results.length} as they must be.`);
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

function lineOf({ name, ok, failed, expected }: SelfTestResult): string {
  const told = failed.length === 0 ? 'every check passes' : `failed: ${failed.join(', ')}`;
  return ok ? `ok    ${name} (${told})` : `WRONG ${name} (${told}; must be: ${expected.join(', ') || 'none'})`;
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
