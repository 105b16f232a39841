// A bank to test with: a database of its own with the ledger in it, and a folder of its own for documents.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'faultline';
import { afterAll } from 'vitest';
import { type ArtifactStore, createArtifactStore } from '../../reporting/artifacts.ts';
import { migrateLedger, seedLedger } from '../../reporting/ledger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export interface Bank {
  database: TestDatabase;
  pool: Pool;
  data_dir: string;
  artifacts: ArtifactStore;
}

/** Takes some seconds: the whole ledger is filled in. */
export async function openBank(): Promise<Bank> {
  const database = await createTestDatabase();
  await migrateLedger(database.pool);
  await seedLedger(database.pool);
  const data_dir = await makeDataDir();
  return { database, pool: database.pool, data_dir, artifacts: await createArtifactStore({ data_dir }) };
}

/** A fresh folder, removed after the test file. */
export async function makeDataDir(): Promise<string> {
  const data_dir = await mkdtemp(join(tmpdir(), 'faultline-reporting-'));
  afterAll(() => rm(data_dir, { recursive: true, force: true }));
  return data_dir;
}
