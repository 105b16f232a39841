// The thread in which launches are predicted and batches verified: a laboratory with a pool of its own, asked by messages.
// Nothing here writes; whatever goes wrong becomes an answer, and the next question is taken. Large batches are verified by helpers too,
// threads like this one, which start when there is one to verify.

import { parentPort, workerData } from 'node:worker_threads';
import { loadApplication } from '../cli/compose.ts';
import { CONNECTIONS_NEEDED, VERIFIERS } from '../cli/connections.ts';
import { createLogger } from '../cli/logger.ts';
import { logStrays } from '../cli/strays.ts';
import { createApplicationPool, createPool } from '../db/pool.ts';
import { FaultlineError, type FieldError } from '../model/errors.ts';
import { giveSigns } from '../model/liveness.ts';
import { ProcessRegistry } from '../process/define.ts';
import { createLaboratory, type Laboratory, type PredictRequest } from './analysis.ts';
import { openLabThread } from './analysis-client.ts';
import type { VerifyTask } from './verifier.ts';
import type { WindowTask } from './windows.ts';

export interface LabThreadData {
  url: string;
  app?: string;
  data_dir: string;
  /** It helps another one, and has no helpers. */
  helps?: boolean;
}

export type LabQuestion = { id: number } & (
  | { kind: 'predict'; request: PredictRequest }
  | { kind: 'verify'; batch_id: string; windows?: WindowTask }
  | { kind: 'judge'; task: VerifyTask }
);
export type LabAnswer = { id: number } & ({ value: unknown } | { error: LabError });
export interface LabError {
  message: string;
  /** As errors of PostgreSQL, of Node and our own have one. */
  code?: string;
  stack?: string;
  /** Of a FaultlineError, so that it is answered as one. */
  errors?: FieldError[];
}

async function openLaboratory(data: LabThreadData): Promise<Laboratory> {
  const { url, app, data_dir, helps = false } = data;
  const application = await loadApplication(app);
  const processes = new ProcessRegistry();
  for (const definition of application.processes) processes.register(definition);
  const { verifier } = CONNECTIONS_NEEDED;
  const pool = createPool(url, { application_name: 'faultline laboratory', max: verifier.reads });
  // An application asks its own questions, while both of the laboratory's connections are taken.
  const own = createApplicationPool(url, {
    application_name: 'faultline laboratory, application',
    max: verifier.application,
  });
  const context = { pool: own, logger: createLogger(), data_dir };
  const count = helps ? 0 : VERIFIERS - 1;
  const helpers = Array.from({ length: count }, () => openLabThread({ ...data, helps: true }).judge);
  return createLaboratory({ pool, processes, application, context, helpers });
}

if (parentPort !== null) {
  const port = parentPort;
  // The code of definitions is replayed here, and whatever it leaves behind is left behind here, too.
  logStrays(createLogger());
  giveSigns(() => port.postMessage('alive'));
  const opened = openLaboratory(workerData as LabThreadData);
  port.on('message', async (question: LabQuestion) => {
    port.postMessage(await answer(opened, question));
  });
}

async function answer(opened: Promise<Laboratory>, question: LabQuestion): Promise<LabAnswer> {
  const { id } = question;
  try {
    const laboratory = await opened;
    switch (question.kind) {
      case 'verify':
        return { id, value: await laboratory.verify(question.batch_id, question.windows) };
      case 'judge':
        return { id, value: await laboratory.judge(question.task) };
      case 'predict':
        return { id, value: await laboratory.predict(question.request) };
    }
  } catch (error) {
    if (!(error instanceof Error)) return { id, error: { message: String(error) } };
    const { message, stack, code } = error as Error & { code?: unknown };
    const refusal = error instanceof FaultlineError ? { errors: error.errors } : {};
    return { id, error: { message, stack, ...(typeof code === 'string' && { code }), ...refusal } };
  }
}
