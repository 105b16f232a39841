// The chaos of every step of a process type as panels hold it; to a behavior document and back. Pure.

import type { CommandBehavior } from '../../../../src/http/contract.ts';
import type { ProcessType } from '../../api/service.ts';
import { stepBehavior } from '../behavior.ts';
import { fromBehavior, NO_CHAOS, type StepChaos, toBehavior, validateChaos } from './chaos.ts';

/** By step key. */
export type StepsChaos = Record<string, StepChaos>;
type Steps = Pick<ProcessType, 'steps'>;

/** A behavior document as panels hold it, one for each step; what is for other steps has no place. */
export function chaosOf({ steps }: Steps, behavior: Record<string, unknown> | null | undefined): StepsChaos {
  return Object.fromEntries(steps.map(({ key }) => [key, fromBehavior(stepBehavior(behavior, key))]));
}

/** The behavior document of valid panels; empty where none asks for anything. */
export function behaviorOf({ steps }: Steps, chaos: StepsChaos): Record<string, CommandBehavior> {
  const documents = steps.map(({ key }) => [key, toBehavior(chaos[key] ?? NO_CHAOS)] as const);
  return Object.fromEntries(documents.filter((entry): entry is [string, CommandBehavior] => entry[1] !== null));
}

/** A behavior document in which the steps of the type are those of the panels; others stay as they were. */
export function withSteps(type: Steps, behavior: Record<string, unknown>, chaos: StepsChaos): Record<string, unknown> {
  const known = new Set(type.steps.map(({ key }) => key));
  const others = Object.entries(behavior).filter(([key]) => !known.has(key));
  return { ...Object.fromEntries(others), ...behaviorOf(type, chaos) };
}

/** The same with one field of one step changed. */
export function withField<Field extends keyof StepChaos>(
  chaos: StepsChaos,
  step: string,
  field: Field,
  value: StepChaos[Field],
): StepsChaos {
  return { ...chaos, [step]: { ...(chaos[step] ?? NO_CHAOS), [field]: value } };
}

/** By path of a form (`chaos.render.timeout_pct`), what the server would refuse. */
export function validateSteps({ steps }: Steps, chaos: StepsChaos): Record<string, string> {
  const errors = steps.flatMap(({ key }) =>
    Object.entries(validateChaos(chaos[key] ?? NO_CHAOS)).map(([field, error]) => [`chaos.${key}.${field}`, error]),
  );
  return Object.fromEntries(errors);
}

/** The steps that something is wrong with. */
export function faultySteps({ steps }: Steps, errors: Record<string, unknown>): string[] {
  const paths = Object.keys(errors);
  return steps.map(({ key }) => key).filter((key) => paths.some((path) => path.startsWith(`chaos.${key}.`)));
}
