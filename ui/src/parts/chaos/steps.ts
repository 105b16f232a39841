// The chaos of every step of a process type as panels hold it, and its conversion to a behavior document and back. Pure.

import type { CommandBehavior } from '../../../../src/http/contract.ts';
import type { ProcessType } from '../../api/service.ts';
import { stepBehavior } from '../behavior.ts';
import { under } from '../form/checks.ts';
import { compact } from '../form/json-text.ts';
import { fromBehavior, NO_CHAOS, type StepChaos, toBehavior, validateChaos } from './chaos.ts';

/** By `stepField`. */
export type StepsChaos = Record<string, StepChaos>;
type Steps = Pick<ProcessType, 'steps'>;
type Behavior = Record<string, unknown>;

/** A step in paths of a form: a dot of its key would begin another field. */
export const stepField = (key: string) => key.replaceAll('.', '·');

export function chaosOf({ steps }: Steps, behavior: Behavior | null | undefined): StepsChaos {
  return Object.fromEntries(steps.map(({ key }) => [stepField(key), fromBehavior(stepBehavior(behavior, key))]));
}

/** The behavior document of valid panels; empty when no step asks for anything. */
export function behaviorOf({ steps }: Steps, chaos: StepsChaos): Record<string, CommandBehavior> {
  const documents: Record<string, CommandBehavior | null> = Object.fromEntries(
    steps.map(({ key }) => [key, toBehavior(chaos[stepField(key)] ?? NO_CHAOS)]),
  );
  return compact(documents) as Record<string, CommandBehavior>;
}

/** A document in which the steps of the type are replaced by those of the panels. */
export function withSteps(type: Steps, behavior: Behavior, chaos: StepsChaos): Behavior {
  const others = Object.entries(behavior).filter(([key]) => !type.steps.some((step) => step.key === key));
  return { ...Object.fromEntries(others), ...behaviorOf(type, chaos) };
}

/** By path of a form (`chaos.render.timeout_pct`), what the server would reject. */
export function validateSteps({ steps }: Steps, chaos: StepsChaos): Record<string, string> {
  const fields = steps.map(({ key }) => stepField(key));
  return Object.assign(
    {},
    ...fields.map((key) => under(`chaos.${key}`, validateChaos(chaos[key] ?? NO_CHAOS) as Record<string, string>)),
  );
}

export function faultySteps({ steps }: Steps, errors: Record<string, unknown>): string[] {
  const paths = Object.keys(errors);
  return steps.map(({ key }) => key).filter((key) => paths.some((path) => path.startsWith(`chaos.${stepField(key)}.`)));
}
