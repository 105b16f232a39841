// The bundled application: StatementReport with its handlers, ledger and documents, as Faultline loads it.
// It uses public entry points only, like any application.

import type { Application, ApplicationContext, Artifact } from 'faultline';
import { TEST_COMMAND, TEST_DOMAIN } from 'faultline/chaos';
import { parseArtifactPath } from './artifact-paths.ts';
import { type ArtifactStore, createArtifactStore } from './artifacts.ts';
import { ReportingHandlers } from './handlers.ts';
import { migrateLedger, seedLedger } from './ledger.ts';
import { REPORTING_DOMAIN, StatementReport } from './process.ts';

const application: Application = {
  name: 'reporting',
  processes: [StatementReport],
  default_command: { domain: TEST_DOMAIN, type: TEST_COMMAND },
  register(registry, context) {
    const handlers = new ReportingHandlers({ pool: context.pool, artifacts: () => storeOf(context) });
    registry.registerAll(REPORTING_DOMAIN, handlers);
  },
  async migrate(context) {
    // An invalid storage configuration fails now, not at the first statement.
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

/** One store per location, opened on first use. */
function storeOf({ data_dir }: ApplicationContext): Promise<ArtifactStore> {
  const url = process.env.FAULTLINE_ARTIFACTS_URL;
  const key = url ?? data_dir;
  const store = stores.get(key) ?? createArtifactStore({ data_dir, url });
  stores.set(key, store);
  return store;
}

/** Other paths are skipped: an operator may complete a step with any result. */
function asArtifact(path: unknown): Artifact[] {
  const parts = typeof path === 'string' ? parseArtifactPath(path) : null;
  return parts ? [{ step: parts.step, path: path as string }] : [];
}
