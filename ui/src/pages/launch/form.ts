// The launch form: its values, its way to a request, and the server's complaints back to its fields. Pure.

import type { Batch, Config, Problem } from '../../../../src/http/contract.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../../../../src/model/limits.ts';
import type { LaunchRequest } from '../../api/batches.ts';
import type { ProcessType } from '../../api/service.ts';
import { NO_CHAOS, type NumberText, numberOf, type StepChaos } from '../../parts/chaos/chaos.ts';
import { behaviorOf, chaosOf, validateSteps } from '../../parts/chaos/steps.ts';
import {
  type PolicyValues,
  parseBackoff,
  policyValues,
  validatePolicy,
  wholeNumberError,
} from '../../parts/form/policy.ts';
import {
  type ExperimentValues,
  experimentPath,
  initialExperiment,
  toExperiment,
  validateExperiment,
} from './experiment.ts';
import { fromInput, type InputField, type InputValue, toInput, validateInput } from './input-schema.ts';

export interface LaunchValues extends PolicyValues {
  count: NumberText;
  name: string;
  seed: string;
  input: Record<string, InputValue>;
  chaos: Record<string, StepChaos>;
  experiment: ExperimentValues;
}

/** What the form is about: a process type, its fields, and what holds where a launch says nothing. */
export interface LaunchContext {
  type: ProcessType;
  fields: InputField[];
  defaults: Config['defaults'];
}

/** A seed as the server draws it: 16 hex digits. */
export function drawSeed(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function initialValues({ type, fields, defaults }: LaunchContext, from?: Batch): LaunchValues {
  return {
    count: from?.total_count ?? 100,
    name: from?.name ?? '',
    seed: from?.seed ?? '',
    ...policyValues(from ?? defaults),
    input: fromInput(fields, from?.input ?? {}),
    chaos: chaosOf(type, from?.behavior),
    experiment: initialExperiment(from),
  };
}

/** The request of valid values. */
export function toLaunch(values: LaunchValues, { type, fields }: LaunchContext): LaunchRequest {
  const behavior = behaviorOf(type, values.chaos);
  const experiment = toExperiment(values.experiment);
  return {
    count: numberOf(values.count) ?? 1,
    process_type: type.type,
    ...(values.name.trim() && { name: values.name.trim() }),
    ...(values.seed.trim() && { seed: values.seed.trim() }),
    ...toInput(fields, values.input),
    retry: { max_attempts: numberOf(values.max_attempts) ?? undefined, backoff_ms: parseBackoff(values.backoff) ?? [] },
    lease_ms: numberOf(values.lease_ms) ?? undefined,
    ...(Object.keys(behavior).length > 0 && { behavior }),
    ...(experiment && { experiment }),
  };
}

/** By path of the form (`chaos.render.timeout_pct`), what the server would refuse. */
export function validateLaunch(values: LaunchValues, { type, fields }: LaunchContext): Record<string, string> {
  const errors: Record<string, string> = {};
  const check = (path: string, error: string | null) => {
    if (error) errors[path] = error;
  };
  check('count', wholeNumberError(values.count, LIMITS.batch_count));
  check(
    'name',
    values.name.trim().length > MAX_LENGTH.label ? `must have at most ${MAX_LENGTH.label} characters` : null,
  );
  const seed = values.seed.trim();
  check('seed', seed && !SHAPES.seed.pattern.test(seed) ? SHAPES.seed.message : null);
  for (const [field, error] of Object.entries(validatePolicy(values))) check(field, error);
  for (const [name, error] of Object.entries(validateInput(fields, values.input))) check(`input.${name}`, error);
  for (const [path, error] of Object.entries(validateExperiment(values.experiment))) check(`experiment.${path}`, error);
  return { ...errors, ...validateSteps(type, values.chaos) };
}

/** The server's complaints by path of the form; what belongs to no field is given apart. */
export function placeErrors(
  problem: Problem,
  { type, fields }: LaunchContext,
): { byField: Record<string, string>; rest: Problem['errors'] } {
  const byField: Record<string, string> = {};
  const rest: Problem['errors'] = [];
  for (const error of problem.errors) {
    const path = formPath(error.path, type, fields);
    if (path) byField[path] ??= error.message;
    else rest.push(error);
  }
  return { byField, rest };
}

function formPath(path: string, type: ProcessType, fields: InputField[]): string | null {
  const [head = '', second, third] = path.split('.');
  if (head === 'behavior' && second && third && type.steps.some((step) => step.key === second)) {
    return third in NO_CHAOS ? `chaos.${second}.${third}` : null;
  }
  if (head === 'experiment') {
    const at = experimentPath(path.slice('experiment.'.length));
    return at && `experiment.${at}`;
  }
  if (head === 'retry') return second === 'max_attempts' ? 'max_attempts' : 'backoff';
  if (['count', 'name', 'seed', 'lease_ms'].includes(head)) return head;
  return fields.some((field) => field.name === head) ? `input.${head}` : null;
}
