// defineProcess: a process as data. Steps say what to send, how a reply changes the state and what comes next.
// Everything here is checked once, when the definition is made.

import type { z } from 'zod';
import { DEADLINE_ACTIONS, type Deadline, type DeadlineAction, type Reply } from '../model/command.ts';
import { ConfigurationError, UnknownProcessTypeError } from '../model/errors.ts';
import { isWithin, LIMITS, rangeMessage, SHAPES } from '../model/limits.ts';
import type { CommandPolicy } from '../model/process.ts';
import { findErrors, policySchema } from '../model/schemas.ts';

/** The position of a process in its batch. */
export interface StartContext {
  /** From 0; 0 for a process without a batch. */
  ordinal: number;
  batch_id: string | null;
}

/** The ids that the request of a step may use in its payload. */
export interface RequestContext extends StartContext {
  process_id: string;
}

export interface CompensationDefinition<State> {
  /** The command type that undoes the step. Its handler must be idempotent and succeed if there is nothing to undo. */
  command: string;
  request(state: Readonly<State>, context: RequestContext): object;
}

/** The time limit for settling, and what happens when it passes. */
export interface DeadlineOptions {
  /** 1-2,000,000,000. */
  deadline_ms?: number;
  /** Default: `tsq`, so an operator decides. */
  on_deadline?: DeadlineAction;
}

/**
 * Its deadline starts when its command is sent, covers all attempts, and starts again when an operator retries. It does
 * not apply while the command is in the troubleshooting queue.
 */
export interface StepDefinition<State> extends DeadlineOptions {
  /** The name of the step in chaos, on pages and in records: `query`. */
  key: string;
  /** The command type: `StatementQuery`. */
  command: string;
  /** The payload of the command. Pure. */
  request(state: Readonly<State>, context: RequestContext): object;
  /** The state after a SUCCESS reply. Pure. Absent: the state does not change. */
  onReply?(state: Readonly<State>, reply: Reply): State;
  /** The key of the next step, or null at the end. Pure. Absent: the next step of the list. */
  next?(state: Readonly<State>, reply: Reply): string | null;
  compensate?: CompensationDefinition<State>;
}

/**
 * Its deadline starts when the process starts, and applies while the process waits for a reply of a step: not while it
 * waits for an operator or compensates. If it has passed when an operator continues the process, it starts again.
 */
export interface ProcessDefinition<Input = unknown, State = Record<string, unknown>> extends DeadlineOptions {
  type: string;
  version: number;
  domain: string;
  /** The fields that a launch accepts besides those of the batch. A strict zod object. */
  input: z.ZodType<Input>;
  state: z.ZodType<State>;
  /** The initial state of a process. Pure. */
  start(input: Input, context: StartContext): State;
  /** In order; a process begins with the first one. */
  steps: readonly StepDefinition<State>[];
  /** The default for launches. */
  policy?: Partial<CommandPolicy>;
}

/** A definition with any input and state, as registries and routers hold it. */
// biome-ignore lint/suspicious/noExplicitAny: their own schemas check definitions; a registry holds many of them.
export type AnyProcessDefinition = ProcessDefinition<any, any>;

/** The deadline as stored on the row; null for none. */
export function deadlineOf({ deadline_ms, on_deadline = 'tsq' }: DeadlineOptions): Deadline | null {
  return deadline_ms === undefined ? null : { deadline_ms, on_deadline };
}

/**
 * Defines a process, typed by its schemas.
 * @throws ConfigurationError when a name is empty or used twice, there is no step, or the policy or a deadline is out
 * of bounds.
 */
export function defineProcess<InputSchema extends z.ZodType, StateSchema extends z.ZodType>(
  definition: DeadlineOptions & {
    type: string;
    version: number;
    domain: string;
    input: InputSchema;
    state: StateSchema;
    start(input: z.output<InputSchema>, context: StartContext): z.output<StateSchema>;
    steps: readonly StepDefinition<z.output<StateSchema>>[];
    policy?: Partial<CommandPolicy>;
  },
): ProcessDefinition<z.output<InputSchema>, z.output<StateSchema>> {
  const fail = (what: string): never => {
    throw new ConfigurationError(`Process ${definition.type}: ${what}.`);
  };
  const { pattern, message } = SHAPES.definition;
  if (!pattern.test(definition.type)) fail(`type ${message}`);
  if (!pattern.test(definition.domain)) fail(`domain ${message}`);
  if (definition.domain === 'faultline') fail('the domain faultline is reserved');
  if (!Number.isInteger(definition.version) || definition.version < 1) fail('version must be a whole number from 1');
  if (definition.steps.length === 0) fail('at least one step is needed');
  const keys = new Set<string>();
  for (const step of definition.steps) {
    if (!pattern.test(step.key)) fail(`step key "${step.key}" ${message}`);
    if (keys.has(step.key)) fail(`two steps have the key ${step.key}`);
    keys.add(step.key);
    const wrong = findDeadlineError(step);
    if (wrong !== null) fail(`step ${step.key}: ${wrong}`);
  }
  const wrong = findDeadlineError(definition);
  if (wrong !== null) fail(wrong);
  for (const error of findErrors(policySchema, definition.policy ?? {}, 'policy'))
    fail(`${error.path} ${error.message}`);
  return definition as ProcessDefinition<z.output<InputSchema>, z.output<StateSchema>>;
}

function findDeadlineError({ deadline_ms, on_deadline }: DeadlineOptions): string | null {
  if (deadline_ms === undefined) return on_deadline === undefined ? null : 'on_deadline needs a deadline_ms';
  if (!isWithin(deadline_ms, LIMITS.deadline_ms)) return `deadline_ms ${rangeMessage(LIMITS.deadline_ms)}`;
  if (on_deadline !== undefined && !DEADLINE_ACTIONS.includes(on_deadline))
    return `on_deadline must be one of ${DEADLINE_ACTIONS.join(', ')}`;
  return null;
}

/** The definitions that a service knows, by type and version. */
export class ProcessRegistry {
  readonly #definitions = new Map<string, AnyProcessDefinition>();

  register(definition: AnyProcessDefinition): this {
    const key = `${definition.type}@${definition.version}`;
    if (this.#definitions.has(key)) throw new ConfigurationError(`Two definitions of ${key} are registered.`);
    this.#definitions.set(key, definition);
    return this;
  }

  find(type: string, version: number): AnyProcessDefinition | undefined {
    return this.#definitions.get(`${type}@${version}`);
  }

  /** @throws UnknownProcessTypeError */
  require(type: string, version = this.newest(type)?.version ?? 0): AnyProcessDefinition {
    const definition = this.find(type, version);
    if (definition === undefined) throw unknownProcess(this.all(), type, version);
    return definition;
  }

  /** The newest version of a type. */
  newest(type: string): AnyProcessDefinition | undefined {
    return this.all()
      .filter((definition) => definition.type === type)
      .sort((a, b) => b.version - a.version)[0];
  }

  all(): AnyProcessDefinition[] {
    return [...this.#definitions.values()];
  }

  /** The names of all types. */
  types(): string[] {
    return [...new Set(this.all().map(({ type }) => type))];
  }
}

/** The error for an unknown process: names the other versions of its type if there are some, else the known types. */
export function unknownProcess(
  known: readonly { type: string; version: number }[],
  type: string,
  version: number,
): UnknownProcessTypeError {
  const others = known.filter((one) => one.type === type).map((one) => `${type} version ${one.version}`);
  if (others.length > 0) return new UnknownProcessTypeError(`${type} version ${version}`, others);
  return new UnknownProcessTypeError(type, [...new Set(known.map((one) => one.type))]);
}
