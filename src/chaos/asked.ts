// Validates chaos that a program or the API requests against its schemas, and reports every error by its path.

import type { ZodType } from 'zod';
import type { AskedChaos } from '../bus/handlers.ts';
import { type FieldError, InvalidInputError } from '../model/errors.ts';
import { fieldErrors, listErrors, PARSE } from '../model/field-errors.ts';
import type { AnyProcessDefinition, ProcessRegistry } from '../process/define.ts';
import { commandBehaviorSchema, processBehaviorSchema } from './behavior.ts';
import { experimentSchema } from './experiment.ts';

/** Null or absent requests no chaos. */
export function findChaosErrors({ behavior, experiment, steps }: AskedChaos): FieldError[] {
  const schema = steps === null ? commandBehaviorSchema : processBehaviorSchema(steps);
  return [...findErrors(schema, behavior, 'behavior'), ...findErrors(experimentSchema, experiment, 'experiment')];
}

/** The keys under which the behavior of a process names its steps. */
export function stepKeysOf({ steps }: Pick<AnyProcessDefinition, 'steps'>): string[] {
  return steps.map(({ key }) => key);
}

/** @throws InvalidInputError naming every field; UnknownProcessTypeError */
export function checkBehavior(processes: ProcessRegistry, batch: AskedBatch, behavior: unknown): void {
  const definition = processes.require(batch.process_type ?? '', batch.process_version ?? 0);
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
