// The process of the self-test: three steps, each with a compensation, and documents in memory.

import { z } from 'zod';
import type { Application } from '../../process/application.ts';
import { defineProcess, type StepDefinition } from '../../process/define.ts';

const stateSchema = z.looseObject({ n: z.number(), stored: z.array(z.string()) });
type State = z.output<typeof stateSchema>;

export const selfTestProcess = defineProcess({
  type: 'SelfTest',
  version: 1,
  domain: 'self-test',
  input: z.strictObject({}),
  state: stateSchema,
  start: () => ({ n: 0, stored: [] }),
  steps: ['one', 'two', 'three'].map(
    (key): StepDefinition<State> => ({
      key,
      command: `Do.${key}`,
      request: (_state, { process_id }) => ({ process_id, key }),
      onReply: (state) => ({ ...state, n: state.n + 1, stored: [...state.stored, key] }),
      compensate: { command: 'Undo', request: (_state, { process_id }) => ({ process_id, key }) },
    }),
  ),
});

interface Work {
  process_id: string;
  key: string;
}

/** The documents that handlers stored, by path. */
export type Documents = Map<string, { process_id: string; step: string }>;

export function selfTestApplication(documents: Documents): Application {
  const path = ({ process_id, key }: Work) => `${process_id}/${key}`;
  return {
    name: 'self-test',
    processes: [selfTestProcess],
    register(registry) {
      for (const { command } of selfTestProcess.steps)
        registry.register<Work>('self-test', command, (work) => {
          documents.set(path(work), { process_id: work.process_id, step: work.key });
          return { path: path(work) };
        });
      registry.register<Work>('self-test', 'Undo', (work) => {
        documents.delete(path(work));
        return {};
      });
    },
    async *storedArtifacts() {
      yield [...documents].map(([path, document]) => ({ path, ...document }));
    },
    artifacts: () => [],
  };
}
