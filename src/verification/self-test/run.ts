// faultline verify --self-test: tests the verdict. A sound batch must pass; each broken variant must fail its own
// check, and only those other checks that the same damage affects.

import { randomBytes } from 'node:crypto';
import type { BusHooks } from '../../bus/handlers.ts';
import { chaosHooks } from '../../chaos/index.ts';
import { migrate } from '../../db/migrate.ts';
import { createPool, type Pool } from '../../db/pool.ts';
import { createEnv, silentLogger } from '../../model/env.ts';
import { ProcessRegistry } from '../../process/define.ts';
import { launchBatch } from '../../process/launch.ts';
import { openService } from '../../process/service.ts';
import { createAnalysis } from '../analysis.ts';
import { createSelfTestDatabase, dropSelfTestDatabase, isSettledBut, tamper } from '../queries/self-test.ts';
import type { Verified } from '../verify.ts';
import { type Documents, selfTestApplication, selfTestProcess } from './application.ts';
import { VARIANTS, type Variant } from './variants.ts';

export interface SelfTestResult {
  name: string;
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
/** Settling takes a second; after a minute it never will. */
const SETTLED_MS = 60_000;

/**
 * Runs each variant on a database of its own, which is dropped afterwards.
 * @param url of a role that may create databases
 * @param onResult hears each result as it comes
 */
export async function runSelfTest(
  url: string,
  onResult: (result: SelfTestResult) => void = () => {},
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
    onResult(result);
  };

  try {
    const sound = await database();
    const documents: Documents = new Map();
    const base = await runBatch(sound.url, documents, {});
    add('sound: nothing is broken', base.verified, [], new Set());
    // If something interrupted the sound batch (a busy machine is enough), the prediction cannot be compared.
    const skipped = skippedIn(base.verified);
    for (const variant of VARIANTS) {
      const expected = [variant.check, ...variant.follow];
      if (variant.sabotage !== undefined) {
        const own = await database();
        const { verified } = await runBatch(own.url, new Map(), variant);
        add(variant.name, verified, expected, skippedIn(verified));
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

function skippedIn({ checks }: Verified): ReadonlySet<string> {
  return new Set(checks.filter(({ status }) => status === 'skipped').map(({ name }) => name));
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
  const verified = await verify(pool, batch_id, documents);
  await pool.end();
  return { batch_id, verified };
}

async function breakCopy(url: string, batch_id: string, stored: Documents, variant: Variant): Promise<Verified> {
  const pool = createPool(url, { application_name: 'faultline self-test', max: 2 });
  try {
    const documents: Documents = new Map(stored);
    if (variant.tamper !== undefined) await tamper(pool, variant.tamper, batch_id);
    variant.misplace?.(documents);
    return await verify(pool, batch_id, documents);
  } finally {
    await pool.end();
  }
}

async function verify(pool: Pool, batch_id: string, documents: Documents): Promise<Verified> {
  const processes = new ProcessRegistry();
  processes.register(selfTestProcess);
  const context = { pool, logger: silentLogger, data_dir: '' };
  const application = selfTestApplication(documents);
  const verified = await createAnalysis({ pool, processes, application, context }).verify(batch_id);
  if (verified === null) throw new Error('The batch of the self-test does not exist.');
  return verified;
}

async function untilSettled(pool: Pool, batch_id: string, stuck: number): Promise<void> {
  const deadline_ms = performance.now() + SETTLED_MS;
  while (!(await isSettledBut(pool, batch_id, stuck))) {
    if (performance.now() > deadline_ms) throw new Error('A batch of the self-test does not settle.');
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
