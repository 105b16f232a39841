// A storage that fails or says nothing: the verdict that needs it fails, told as what it is, and nobody waits behind it.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createEnv, silentLogger } from 'faultline';
import { expect, onTestFinished, test } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import { ArtifactBook, type StoredDocument } from '../../src/verification/artifact-book.ts';
import { CheckBook } from '../../src/verification/checks.ts';
import { createVerdicts } from '../../src/verification/verdicts.ts';
import { builtFolder } from '../support/built.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

test('one that says nothing is given up', async () => {
  async function* silent(): AsyncGenerator<readonly StoredDocument[]> {
    yield [];
    await new Promise(() => {}); // forever
  }
  const book = new ArtifactBook(silent(), 50);
  await book.keepUp(new CheckBook());
  await expect(book.finish(new CheckBook())).rejects.toMatchObject({ code: 'STORAGE_SILENT', status: 504 });
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
  const verdicts = createVerdicts(lab.database.pool, env, lab.laboratory);
  verdicts.start();
  onTestFinished(() => verdicts.stop());
  await until('the other one is verified', async () => (await verdicts.peek(sound)) !== null, { deadline_ms: 20_000 });
  expect(await verdicts.peek(broken)).toBeNull();
  expect(warnings).toMatchObject([{ batch_id: broken, err: { message: 'the disk is gone' } }]);
  // Whoever asks for it is told so, and is answered once the storage is mended.
  await expect(verdicts.read(broken)).rejects.toThrow('the disk is gone');
  const mended = broken;
  broken = null;
  expect((await verdicts.read(mended)).verdict).toBe('pass');
});

test('what a thread refuses is refused with its code and status', { timeout: 60_000 }, async () => {
  const request = {
    ...{ process_type: 'NoSuchProcess', process_version: 1, input: {} },
    launch: { seed: 'x', count: 1, first_ordinal: 0, behavior: null, scope_pct: null, max_attempts: 3 },
  };
  // In a program of its own: the thread is that of the built server.
  const program = `
    const { openLabThread } = await import(process.argv[2]);
    const thread = openLabThread({ url: process.argv[3], data_dir: '' });
    const { name, code, status, errors } = await thread.predict(${JSON.stringify(request)}).catch((error) => error);
    console.log(JSON.stringify({ name, code, status, errors }));
    await thread.close();`;
  const client = pathToFileURL(join(await builtFolder(), 'src', 'cli', 'lab-client.js')).href;
  const folder = await mkdtemp(join(tmpdir(), 'faultline-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ask.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'ask.mjs'), client, lab.database.url], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'UNKNOWN_PROCESS_TYPE',
    errors: [{ path: 'process_type' }],
  });
});
