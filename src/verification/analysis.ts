// The laboratory: predicting launches and verifying batches, work of seconds that must not keep the API from answering.
// This one works in the thread it is called from, slice by slice; the command line puts it into a thread of its own.

import type { Pool } from '../db/pool.ts';
import { UnknownProcessTypeError } from '../model/errors.ts';
import type { Application, ApplicationContext } from '../process/application.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { bindDefinition, outlineOf } from './outline.ts';
import type { Foretold, PredictionInput } from './predict/predict.ts';
import { predict } from './predict/predict.ts';
import type { VerifiedBatch } from './queries/verify.ts';
import { createVerifier, type Findings, type Judge, type VerifiedProcesses, type VerifyTask } from './verifier.ts';
import { verifyBatch } from './verify.ts';
import { createWindows, type WindowTask } from './windows.ts';

/** Plain data, so that it can be sent to a thread. */
export interface PredictRequest {
  process_type: string;
  process_version: number;
  /** As the batch would store it. */
  input: unknown;
  launch: PredictionInput;
}

export interface Laboratory {
  predict(request: PredictRequest): Promise<Foretold>;
  /** Null when there is no such batch of processes. `windows` tell how far it has come. */
  verify(batch_id: string, windows?: WindowTask): ReturnType<typeof verifyBatch>;
  /** Takes part in a verdict that another laboratory gives. */
  judge(task: VerifyTask): Promise<Findings>;
  close(): Promise<void>;
}

export interface LaboratoryParts {
  pool: Pool;
  processes: ProcessRegistry;
  application: Application;
  context: ApplicationContext;
  /** Others that may verify large batches beside this laboratory. */
  helpers?: readonly Judge[];
}

export function createLaboratory(parts: LaboratoryParts): Laboratory {
  const { pool, helpers = [] } = parts;
  const judge = createVerifier(pool, (batch) => processesOf(parts, batch));
  return {
    async predict({ process_type, process_version, input, launch }) {
      const definition = parts.processes.find(process_type, process_version);
      if (definition === undefined) throw new UnknownProcessTypeError(process_type, []);
      return predict(launch, outlineOf(definition, input));
    },
    verify: (batch_id, windows = createWindows()) =>
      verifyBatch({ pool, batch_id, processesOf: (batch) => processesOf(parts, batch), helpers, windows }),
    judge,
    close: async () => {},
  };
}

function processesOf(
  { processes, application, context }: LaboratoryParts,
  batch: VerifiedBatch,
): VerifiedProcesses | null {
  const process_type = batch.process_type ?? '';
  const definition = processes.find(process_type, batch.process_version ?? 0);
  if (definition === undefined) return null;
  const { artifacts, storedArtifacts } = application;
  return {
    code: bindDefinition(definition, batch),
    outline: outlineOf(definition, batch.input),
    ...(artifacts && { documents: (process) => artifacts.call(application, process) }),
    ...(storedArtifacts && {
      stored: ({ from, to }) => {
        const window = { batch_id: batch.batch_id, process_type, first_ordinal: from, count: to - from };
        return storedArtifacts.call(application, window, context);
      },
    }),
  };
}
