// The bundled application: StatementReport, its handlers, its ledger and its documents, as Faultline loads it.
// Made of public entry points only; an application of one's own looks the same.

import type { Application, ApplicationContext, Artifact } from 'faultline';
import { TEST_COMMAND, TEST_DOMAIN } from 'faultline/chaos';
import { type ArtifactStore, createArtifactStore, parseArtifactPath } from './artifacts.ts';
import { ReportingHandlers } from './handlers.ts';
import { migrateLedger, seedLedger } from './ledger.ts';
import { StatementReport } from './process.ts';

const application: Application = {
  name: 'reporting',
  processes: [StatementReport],
  default_command: { domain: TEST_DOMAIN, type: TEST_COMMAND },
  register(registry, context) {
    new ReportingHandlers({ pool: context.pool, artifacts: () => storeOf(context) }).register(registry);
  },
  async migrate(context) {
    // A storage that is not configured as it should be is told now, not by the first statement.
    await storeOf(context);
    await migrateLedger(context.pool);
  },
  async seed({ pool, logger }) {
    const result = await seedLedger(pool);
    if (result.seeded) logger.info({ ...result }, 'the ledger is filled');
  },
  artifacts({ state }) {
    return [state.query_result_path, state.aggregated_data_path, state.rendered_file_path].flatMap(asArtifact);
  },
  async removeArtifacts({ batch_id }, context) {
    await (await storeOf(context)).discardBatch(batch_id);
  },
  async openArtifact({ path }, context) {
    return (await storeOf(context)).open(path);
  },
  async *storedArtifacts(window, context) {
    yield* (await storeOf(context)).listWindow(window);
  },
};
export default application;

const stores = new Map<string, Promise<ArtifactStore>>();

/** One store per place, opened when first asked for. */
function storeOf({ data_dir }: ApplicationContext): Promise<ArtifactStore> {
  const url = process.env.FAULTLINE_ARTIFACTS_URL;
  const key = url ?? data_dir;
  const store = stores.get(key) ?? createArtifactStore({ data_dir, url });
  stores.set(key, store);
  return store;
}

/** A path that is not one of ours (an operator may complete a step with any result) is not offered. */
function asArtifact(path: unknown): Artifact[] {
  const parts = typeof path === 'string' ? parseArtifactPath(path) : null;
  return parts ? [{ step: parts.step, path: path as string }] : [];
}
