// faultline verify --self-test: the verdict verified. A sound batch must pass; each broken variant must fail by the check that is there
// for it, and by none but those that follow from the same damage.

import { randomBytes } from 'node:crypto';
import type { BusHooks } from '../../bus/handlers.ts';
import { chaosHooks } from '../../chaos/index.ts';
import { migrate } from '../../db/migrate.ts';
import { createPool, type Pool } from '../../db/pool.ts';
import { createEnv, silentLogger } from '../../model/env.ts';
import { launchBatch } from '../../process/launch.ts';
import { openService } from '../../process/service.ts';
import { bindDefinition, outlineOf } from '../outline.ts';
import { createSelfTestDatabase, dropSelfTestDatabase, isSettledBut, tamper } from '../queries/self-test.ts';
import { type Verified, verifyBatch } from '../verify.ts';
import { type Documents, selfTestApplication, selfTestProcess } from './application.ts';
import { VARIANTS, type Variant } from './variants.ts';

export interface SelfTestResult {
  name: string;
  /** Checks that failed. */
  failed: string[];
  expected: string[];
  ok: boolean;
}

const COUNT = 120;
const SEED = 'self-test';
const BEHAVIOR = Object.fromEntries(
  ['one', 'two', 'three'].map((key) => [
    key,
    { fail_transient_pct: 15, fail_permanent_pct: 4, fail_business_rule_pct: 6 },
  ]),
);
/** A minute for what takes a second: what is not settled by then never will be. */
const SETTLED_MS = 60_000;

/**
 * Runs every variant on databases of its own, made on the server at `url` and dropped again. Tells each as it is done.
 * @param url of a role that may create databases
 */
export async function runSelfTest(
  url: string,
  tell: (result: SelfTestResult) => void = () => {},
): Promise<SelfTestResult[]> {
  const prefix = `faultline_self_test_${randomBytes(4).toString('hex')}`;
  const server = createPool(url, { application_name: 'faultline self-test', max: 2 });
  const results: SelfTestResult[] = [];
  const names: string[] = [];
  const database = async (template?: string) => {
    const name = `${prefix}_${names.length}`;
    names.push(name);
    await createSelfTestDatabase(server, name, template);
    return { name, url: withDatabase(url, name) };
  };
  const add = (name: string, verified: Verified, expected: readonly string[], excused: ReadonlySet<string>) => {
    const failed = verified.checks.filter(({ status }) => status === 'fail').map((check) => check.name as string);
    const due = expected.filter((check) => !excused.has(check));
    const result = { name, failed, expected: due, ok: sameNames(failed, due) };
    results.push(result);
    tell(result);
  };

  try {
    const sound = await database();
    const documents: Documents = new Map();
    const base = await runBatch(sound.url, documents, {});
    add('sound: nothing is broken', base.verified, [], new Set());
    // Where something interrupted the sound batch (a busy machine is enough), what was predicted cannot be compared.
    const skipped = new Set(
      base.verified.checks.filter(({ status }) => status === 'skipped').map(({ name }) => name as string),
    );
    for (const variant of VARIANTS) {
      const expected = [variant.check, ...variant.follow];
      if (variant.sabotage !== undefined) {
        const own = await database();
        const { verified } = await runBatch(own.url, new Map(), variant);
        const excused = verified.checks.filter(({ status }) => status === 'skipped').map(({ name }) => name as string);
        add(variant.name, verified, expected, new Set(excused));
      } else {
        const copy = await database(sound.name);
        add(variant.name, await breakCopy(copy.url, base.batch_id, documents, variant), expected, skipped);
      }
    }
  } finally {
    for (const name of names) await dropSelfTestDatabase(server, name);
    await server.end();
  }
  return results;
}

async function runBatch(url: string, documents: Documents, { sabotage, stuck = 0 }: Partial<Variant>) {
  const pool = createPool(url, { application_name: 'faultline self-test', max: 2 });
  await migrate(pool);
  const service = await openService({
    url,
    env: createEnv(silentLogger),
    application: selfTestApplication(documents),
    data_dir: '',
    hooks: (context) => chaosHooks(context),
    connections: 3,
  });
  sabotage?.(service.bus.hooks as BusHooks);
  const worker = service.createWorker({ poll_ms: 50, drain_ms: 1_000 });
  await worker.start();
  const policy = { max_attempts: 3, backoff_ms: [0], lease_ms: 30_000 };
  const { batch_id } = await launchBatch(service.bus, {
    definition: selfTestProcess,
    count: COUNT,
    input: {},
    behavior: BEHAVIOR,
    seed: SEED,
    policy,
  });
  await untilSettled(pool, batch_id, stuck);
  await worker.stop();
  await service.close();
  const verified = await judge(pool, batch_id, documents);
  await pool.end();
  return { batch_id, verified };
}

async function breakCopy(url: string, batch_id: string, stored: Documents, variant: Variant): Promise<Verified> {
  const pool = createPool(url, { application_name: 'faultline self-test', max: 2 });
  try {
    const documents: Documents = new Map(stored);
    if (variant.tamper !== undefined) await tamper(pool, variant.tamper, batch_id);
    variant.misplace?.(documents);
    return await judge(pool, batch_id, documents);
  } finally {
    await pool.end();
  }
}

async function judge(pool: Pool, batch_id: string, documents: Documents): Promise<Verified> {
  const application = selfTestApplication(documents);
  const context = { pool, logger: silentLogger, data_dir: '' };
  const verified = await verifyBatch({
    pool,
    batch_id,
    processesOf: (batch) => ({
      code: bindDefinition(selfTestProcess, batch),
      outline: outlineOf(selfTestProcess, batch.input),
      documents: () => [],
      stored: ({ from, to }) => {
        const window = { batch_id, process_type: selfTestProcess.type, first_ordinal: from, count: to - from };
        return application.storedArtifacts?.(window, context) as AsyncIterable<never[]>;
      },
    }),
  });
  if (verified === null) throw new Error('The batch of the self-test is not there.');
  return verified;
}

async function untilSettled(pool: Pool, batch_id: string, stuck: number): Promise<void> {
  const deadline_ms = performance.now() + SETTLED_MS;
  while (!(await isSettledBut(pool, batch_id, stuck))) {
    if (performance.now() > deadline_ms) throw new Error('A batch of the self-test does not come to rest.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}
