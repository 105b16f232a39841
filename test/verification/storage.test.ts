// A storage that fails or stays silent: the verdict that needs it fails with its own error, and no other batch waits behind it.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createEnv, silentLogger } from 'faultline';
import { expect, onTestFinished, test } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import { readDocuments } from '../../src/verification/checks/artifact-check.ts';
import { Verdicts } from '../../src/verification/index.ts';
import type { StoredDocument } from '../../src/verification/verified-processes.ts';
import { builtFolder } from '../support/built.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

test('a silent storage is given up', async () => {
  async function* silent(): AsyncGenerator<readonly StoredDocument[]> {
    yield [];
    await new Promise(() => {}); // forever
  }
  const reading = readDocuments(silent(), new Set(), { onOthers: async () => {}, patience_ms: 50 });
  await expect(reading).rejects.toMatchObject({ code: 'STORAGE_SILENT' });
});

test('documents of other processes are handed on many at a time, whatever the size of the pieces', async () => {
  async function* stored(): AsyncGenerator<readonly StoredDocument[]> {
    for (let n = 0; n < 15_000; n += 5)
      yield Array.from({ length: 5 }, (_, at) => ({ process_id: `${n + at}`, step: 'query', path: `${n + at}` }));
  }
  const handed: number[] = [];
  const onOthers = async (others: readonly StoredDocument[]) => void handed.push(others.length);
  const found = await readDocuments(stored(), new Set(['7']), { onOthers });
  expect(handed).toEqual([10_004, 4_995]);
  expect([...found.keys()]).toEqual(['7']);
});

let broken: string | null = null;
const lab = await openVerdictLab({
  application: () => ({
    name: 'broken storage',
    processes: [StatementReport],
    register(registry) {
      for (const type of ['StatementQuery', 'StatementDataAggregation', 'StatementRender'])
        registry.register('reporting', type, () => ({}));
    },
    artifacts: () => [],
    async *storedArtifacts({ batch_id }) {
      if (batch_id === broken) throw new Error('the disk is gone');
      yield [];
    },
  }),
});
await lab.work();

test('a batch that cannot be verified keeps no other waiting', async () => {
  broken = await lab.launch({ count: 3 });
  const sound = await lab.launch({ count: 3 });
  for (const batch_id of [broken, sound]) await lab.untilRest(batch_id);
  const warnings: unknown[] = [];
  const env = createEnv({ ...silentLogger, warn: (fields: object) => void warnings.push(fields) });
  const verdicts = new Verdicts(lab.database.pool, env, lab.analysis);
  verdicts.start();
  onTestFinished(() => verdicts.stop());
  await until('the other one is verified', async () => (await verdicts.peek(sound)) !== null, { deadline_ms: 20_000 });
  expect(await verdicts.peek(broken)).toBeNull();
  expect(warnings).toMatchObject([{ batch_id: broken, err: { message: 'the disk is gone' } }]);
  // A request for it fails, until the storage works again.
  await expect(verdicts.read(broken)).rejects.toThrow('the disk is gone');
  const fixed = broken;
  broken = null;
  expect((await verdicts.read(fixed)).verdict).toBe('pass');
});

test('an error of the thread keeps its code', { timeout: 60_000 }, async () => {
  const request = {
    ...{ process_type: 'NoSuchProcess', process_version: 1, input: {} },
    launch: { seed: 'x', count: 1, first_ordinal: 0, behavior: null, scope_pct: null, max_attempts: 3 },
  };
  // In a program of its own: the thread is that of the built server.
  const program = `
    const { AnalysisThread } = await import(process.argv[2] + 'verification/index.js');
    const entry = new URL(process.argv[2] + 'cli/analysis-thread.js');
    const thread = new AnalysisThread(entry, { url: process.argv[3], data_dir: '' });
    const { code, errors } = await thread.predict(${JSON.stringify(request)}).catch((error) => error);
    console.log(JSON.stringify({ code, errors }));
    await thread.close();`;
  const built = `${pathToFileURL(join(await builtFolder(), 'src')).href}/`;
  const folder = await mkdtemp(join(tmpdir(), 'faultline-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ask.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'ask.mjs'), built, lab.database.url], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'UNKNOWN_PROCESS_TYPE',
    errors: [{ path: 'process_type' }],
  });
});
