// What is asked of chaos, against its schemas: by a program, and by the API, which both come to be told the same.
// Promises every mistake by its path, before anything is written.

import type { ZodType } from 'zod';
import type { AskedChaos } from '../bus/handlers.ts';
import { type FieldError, InvalidInputError, UnknownProcessTypeError } from '../model/errors.ts';
import { fieldErrors, listErrors, PARSE } from '../model/field-errors.ts';
import type { AnyProcessDefinition, ProcessRegistry } from '../process/define.ts';
import { commandBehaviorSchema, processBehaviorSchema } from './behavior.ts';
import { experimentSchema } from './experiment.ts';

/** What is null or absent asks for nothing. */
export function findChaosErrors({ behavior, experiment, steps }: AskedChaos): FieldError[] {
  const schema = steps === null ? commandBehaviorSchema : processBehaviorSchema(steps);
  return [...findErrors(schema, behavior, 'behavior'), ...findErrors(experimentSchema, experiment, 'experiment')];
}

/** How the behavior of a process names its steps. */
export function stepKeysOf({ steps }: Pick<AnyProcessDefinition, 'steps'>): string[] {
  return steps.map(({ key }) => key);
}

/** @throws InvalidInputError naming every field; UnknownProcessTypeError when nobody here knows the steps of the batch */
export function checkBehavior(processes: ProcessRegistry, batch: AskedBatch, behavior: unknown): void {
  const { process_type, process_version } = batch;
  const definition = processes.find(process_type ?? '', process_version ?? 0);
  if (definition === undefined) throw new UnknownProcessTypeError(process_type ?? '', processes.types());
  const errors = findChaosErrors({ behavior, steps: stepKeysOf(definition) });
  if (errors.length > 0) throw new InvalidInputError(`Not acceptable: ${listErrors(errors)}.`, errors);
}

export interface AskedBatch {
  process_type: string | null;
  process_version: number | null;
}

function findErrors(schema: ZodType, value: unknown, at: string): FieldError[] {
  const parsed = schema.nullish().safeParse(value, PARSE);
  return parsed.success ? [] : fieldErrors(parsed.error.issues, [at]);
}
