// Analysis: predicts launches and verifies batches, in the calling thread. This takes seconds, so the server uses a
// separate thread.

import type { Pool } from '../db/pool.ts';
import { UnknownProcessTypeError } from '../model/errors.ts';
import type { Application, ApplicationContext } from '../process/application.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { type PredictionInput, predict } from './predict/predict.ts';
import { bindDefinition, planOf } from './process-plan.ts';
import type { RecordedBatch } from './queries/recorded.ts';
import type { Prediction } from './schemas.ts';
import type { VerifiedProcesses } from './verified-processes.ts';
import { type Verified, verifyBatch } from './verify.ts';

/** Plain data, so that it can be sent to a thread. */
export interface PredictRequest {
  process_type: string;
  process_version: number;
  /** The input as the batch would store it. */
  input: unknown;
  launch: PredictionInput;
}

export interface Analysis {
  predict(request: PredictRequest): Promise<Prediction>;
  /** Null when there is no such batch of processes. `onProgress` hears how many processes are verified. */
  verify(batch_id: string, onProgress?: (verified: number) => void): Promise<Verified | null>;
  close(): Promise<void>;
}

export interface AnalysisParts {
  pool: Pool;
  processes: ProcessRegistry;
  application: Application;
  context: ApplicationContext;
}

export function createAnalysis(parts: AnalysisParts): Analysis {
  return {
    async predict({ process_type, process_version, input, launch }) {
      const definition = parts.processes.find(process_type, process_version);
      if (definition === undefined) throw new UnknownProcessTypeError(process_type, []);
      return predict(launch, planOf(definition, input));
    },
    verify: (batch_id, onProgress) =>
      verifyBatch({ pool: parts.pool, batch_id, processesOf: (batch) => processesOf(parts, batch), onProgress }),
    close: async () => {},
  };
}

function processesOf(
  { processes, application, context }: AnalysisParts,
  { batch_id, process_type, process_version, input }: RecordedBatch,
): VerifiedProcesses | null {
  const definition = processes.find(process_type, process_version);
  if (definition === undefined) return null;
  const { artifacts, storedArtifacts } = application;
  return {
    code: bindDefinition(definition, { batch_id, input }),
    plan: planOf(definition, input),
    documents: artifacts && ((process) => artifacts.call(application, process)),
    stored:
      storedArtifacts &&
      (({ from, to }) =>
        storedArtifacts.call(application, { batch_id, process_type, first_ordinal: from, count: to - from }, context)),
  };
}
