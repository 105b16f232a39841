// The launch form: its values, the request they make, and the fields of the server's errors. Pure.

import type { Batch, Config } from '../../../../src/http/contract.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../../../../src/model/limits.ts';
import type { LaunchRequest } from '../../api/batches.ts';
import type { ProcessType } from '../../api/service.ts';
import { NO_CHAOS, type StepChaos } from '../../parts/chaos/chaos.ts';
import { behaviorOf, chaosOf, stepField, validateSteps } from '../../parts/chaos/steps.ts';
import {
  lengthError,
  type NumberText,
  numberOf,
  parseBackoff,
  shapeError,
  under,
  wholeNumberError,
} from '../../parts/form/checks.ts';
import { compact } from '../../parts/form/json-text.ts';
import { type PolicyValues, policyValues, validatePolicy } from '../../parts/form/policy.ts';
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

export interface LaunchContext {
  type: ProcessType;
  fields: InputField[];
  defaults: Config['defaults'];
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
  const request = compact({
    count: numberOf(values.count) ?? 1,
    process_type: type.type,
    name: values.name.trim(),
    seed: values.seed.trim(),
    retry: { max_attempts: numberOf(values.max_attempts) ?? undefined, backoff_ms: parseBackoff(values.backoff) ?? [] },
    lease_ms: numberOf(values.lease_ms),
    behavior: Object.keys(behavior).length > 0 && behavior,
    experiment: toExperiment(values.experiment),
  });
  return { ...toInput(fields, values.input), ...request };
}

/** By path of the form (`chaos.render.timeout_pct`), what the server would reject. */
export function validateLaunch(values: LaunchValues, context: LaunchContext): Record<string, string> {
  const own = compact({
    count: wholeNumberError(values.count, LIMITS.batch_count),
    name: lengthError(values.name, MAX_LENGTH.label),
    seed: shapeError(values.seed, SHAPES.seed),
    ...validatePolicy(values),
  });
  return {
    ...(own as Record<string, string>),
    ...under('input', validateInput(context.fields, values.input)),
    ...under('experiment', validateExperiment(values.experiment)),
    ...validateSteps(context.type, values.chaos),
  };
}

/** The form's path of a field of the request; null when there is none. */
export function launchPath(path: string, { type, fields }: LaunchContext): string | null {
  const [head = '', second] = path.split('.');
  for (const { key } of type.steps) {
    const [field = ''] = path.startsWith(`behavior.${key}.`) ? path.slice(`behavior.${key}.`.length).split('.') : [];
    if (field in NO_CHAOS) return `chaos.${stepField(key)}.${field}`;
  }
  if (head === 'experiment') {
    const at = experimentPath(path.slice('experiment.'.length));
    return at && `experiment.${at}`;
  }
  if (head === 'retry') return second === 'max_attempts' ? 'max_attempts' : 'backoff';
  if (['count', 'name', 'seed', 'lease_ms'].includes(head)) return head;
  return fields.some((field) => field.name === head) ? `input.${head}` : null;
}
