// The thread in which launches are foretold and batches judged: a laboratory with a pool of its own, asked by messages.
// Nothing here writes; whatever goes wrong becomes an answer, and the next question is taken.

import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '../db/pool.ts';
import { createLaboratory, type ForetellRequest, type Laboratory } from '../http/laboratory.ts';
import { ProcessRegistry } from '../process/define.ts';
import { loadApplication } from './compose.ts';
import { createLogger } from './logger.ts';

export interface LabThreadData {
  url: string;
  app?: string;
  data_dir: string;
}

export type LabQuestion = { id: number } & (
  | { kind: 'foretell'; request: ForetellRequest }
  | { kind: 'verify'; batch_id: string }
);
export type LabAnswer = { id: number } & ({ value: unknown } | { error: LabError });
export interface LabError {
  message: string;
  /** As errors of PostgreSQL, of Node and our own have one. */
  code?: string;
  stack?: string;
}

async function openLaboratory({ url, app, data_dir }: LabThreadData): Promise<Laboratory> {
  const application = await loadApplication(app);
  const processes = new ProcessRegistry();
  for (const definition of application.processes) processes.register(definition);
  const pool = createPool(url, { application_name: 'faultline laboratory', max: 2 });
  const context = { pool, logger: createLogger(), data_dir };
  return createLaboratory({ pool, processes, application, context });
}

if (parentPort !== null) {
  const port = parentPort;
  const opened = openLaboratory(workerData as LabThreadData);
  port.on('message', async (question: LabQuestion) => {
    port.postMessage(await answer(opened, question));
  });
}

async function answer(opened: Promise<Laboratory>, question: LabQuestion): Promise<LabAnswer> {
  const { id } = question;
  try {
    const laboratory = await opened;
    if (question.kind === 'verify') return { id, value: await laboratory.verify(question.batch_id) };
    return { id, value: await laboratory.foretell(question.request) };
  } catch (error) {
    if (!(error instanceof Error)) return { id, error: { message: String(error) } };
    const { message, stack, code } = error as Error & { code?: unknown };
    return { id, error: { message, stack, ...(typeof code === 'string' && { code }) } };
  }
}
