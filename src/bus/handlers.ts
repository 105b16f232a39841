// Handlers, middleware and hooks: what an application registers and where extensions attach.
// The bus knows hooks only by these types; it never learns who installed them.

import type { Tx } from '../db/pool.ts';
import type { ClaimedCommand, CommandPurpose, Deadline, Reply } from '../model/command.ts';
import type { Logger } from '../model/env.ts';
import { ConfigurationError, type FieldError } from '../model/errors.ts';
import type { CommandPolicy } from '../model/process.ts';

/** What a handler receives besides its payload. */
export interface HandlerContext {
  command: Readonly<ClaimedCommand>;
  /** Aborts when the lease is lost, the command is cancelled or the worker stops: check it before an effect. */
  signal: AbortSignal;
  logger: Logger;
  /**
   * Moves the end of the lease to `lease_ms` (500 to 3,600,000) from now, for work that blocks the event loop, so that
   * no heartbeat renews the lease. Neither this call nor a later renewal shortens the lease. If the lease is already
   * lost, rejects with LeaseLostError, and the signal aborts.
   */
  extendLease(lease_ms: number): Promise<void>;
}

/**
 * Executes one command type. Its return value is the result of the reply; the error it throws decides what happens
 * next.
 */
export type Handler<Payload = never> = (payload: Payload, context: HandlerContext) => unknown | Promise<unknown>;

/** One attempt as middleware sees it. */
export interface AttemptContext extends HandlerContext {
  payload: unknown;
  /** The annotation that `beforeExecute` returned for this command, if any. */
  annotation: unknown;
  /**
   * Releases the slot and stops the heartbeat, while the attempt continues outside of the worker's count and its lease
   * expires. For middleware that holds an attempt without doing work.
   */
  abandonLease(): void;
  /** Waits `ms`, or until the signal aborts. */
  wait(ms: number): Promise<void>;
  /** Marks the attempt: if it succeeds, its outcome contains the name of this injected fault. */
  markFault(fault: string): void;
  /**
   * The outcome of the attempt is not settled, so its lease expires. For middleware that simulates the death of a
   * worker or a lost acknowledgement.
   */
  dropOutcome(): void;
}

/**
 * Wraps the handler; may throw, wait, change the result or not call `next` at all. Runs in order, the last one
 * innermost.
 */
export type Middleware = (attempt: AttemptContext, next: () => Promise<unknown>) => Promise<unknown>;

/** A command about to be inserted. */
export interface OutgoingCommand {
  command_id: string;
  lane: number;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  priority: number;
  payload: unknown;
  policy: CommandPolicy;
  delay_ms: number;
  /** The time by which it must be settled. */
  deadline?: Deadline | null;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  /** The position of its process in the batch. */
  ordinal?: number | null;
  /** The state of the process this command is a step of. */
  state: Readonly<Record<string, unknown>> | null;
}

/** The command of a transition, with the fields needed to send the next command under the same policy. */
export interface TransitionCommand {
  command_id: string;
  lane: number;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  /** 0: it was never attempted, so there is nothing to undo. */
  attempts: number;
  policy: CommandPolicy;
}

export type CommandTransition =
  /** `keep_effects`: the process ends without undoing what it did. Only with a FAILED or CANCELED reply. */
  | { kind: 'replied'; command: TransitionCommand; reply: Reply; keep_effects?: boolean }
  | { kind: 'parked'; command: TransitionCommand; error_code: string; error_message: string }
  | { kind: 'unparked'; command: TransitionCommand }
  /** An attempt that ended too late. It is rejected, but its effect may have happened, whatever its outcome. */
  | { kind: 'discarded'; command: TransitionCommand };

/** The part of a batch that decides the behavior of its processes. */
export interface LaunchingBatch {
  seed: string;
  behavior: Record<string, unknown> | null;
  experiment?: Record<string, unknown> | null;
}

/** The part of a launch or a command that is for extensions. */
export interface AskedChaos {
  behavior: unknown;
  experiment?: unknown;
  /** The step keys of the behavior of a process; null for the behavior of a single command. */
  steps: readonly string[] | null;
}

export interface BusHooks {
  /**
   * Returns every error by its path (`behavior.render.timeout_pct`). Without this hook, requests for chaos are errors.
   */
  findChaosErrors?(asked: AskedChaos): FieldError[];
  /** The form in which a validated experiment is stored: with defaults, and without parts that have no effect. */
  storedExperiment?(experiment: unknown): Record<string, unknown> | null;
  /** The processes that can be launched here; any if the hook is absent. */
  processTypes?(): readonly { type: string; version: number }[];
  /** The initial behavior of the process at `ordinal` of a batch; that of the batch if the hook is absent. Pure. */
  behaviorOf?(batch: LaunchingBatch, ordinal: number): Record<string, unknown> | null;
  /**
   * Runs in the sending transaction, before the insert. Returns the ids of its rows; `beforeExecute` receives only
   * these.
   */
  beforeSend?(tx: Tx, commands: readonly OutgoingCommand[]): Promise<ReadonlySet<string>>;
  /**
   * Runs in the deleting transaction. Deletes the rows of `beforeSend` for these commands of a lane; returns their
   * number.
   */
  beforeDelete?(tx: Tx, lane: number, command_ids: readonly string[]): Promise<number>;
  /** Runs after a claim, for its annotated commands. Returns annotations for middleware by command id, in one query. */
  beforeExecute?(commands: readonly ClaimedCommand[]): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Runs in the settling transaction, after the commands of the set are written. All commands of one call share a lane.
   * Returns the domains in which it sent commands.
   */
  onTransitions?(tx: Tx, transitions: readonly CommandTransition[]): Promise<ReadonlySet<string>>;
  middleware?: readonly Middleware[];
}

/** Command types and their handlers, by domain. */
export class HandlerRegistry {
  readonly #handlers = new Map<string, Map<string, Handler>>();

  /** Registers the handler of `type` in `domain`; a second one for the same type is a ConfigurationError. */
  register<Payload>(domain: string, type: string, handler: Handler<Payload>): this {
    const types = this.#handlers.get(domain) ?? new Map<string, Handler>();
    if (types.has(type)) throw new ConfigurationError(`Two handlers are registered for ${domain}/${type}.`);
    types.set(type, handler as Handler);
    this.#handlers.set(domain, types);
    return this;
  }

  /**
   * Registers every method whose name begins with a capital letter, of a plain object or of an instance, including
   * inherited methods. Each is called on the object. If one type has a handler already, none is registered.
   */
  registerAll(domain: string, handlers: object): this {
    const found = methodsOf(handlers).filter(([type]) => /^\p{Lu}/u.test(type));
    if (found.length === 0)
      throw new ConfigurationError(
        `No handler for ${domain} was found: they are methods named like their command type.`,
      );
    for (const [type] of found)
      if (this.find(domain, type)) throw new ConfigurationError(`Two handlers are registered for ${domain}/${type}.`);
    for (const [type, handler] of found) this.register(domain, type, handler.bind(handlers) as Handler);
    return this;
  }

  find(domain: string, type: string): Handler<unknown> | undefined {
    return this.#handlers.get(domain)?.get(type) as Handler<unknown> | undefined;
  }

  domains(): string[] {
    return [...this.#handlers.keys()];
  }
}

/** Methods by name. A method of a class precedes the one it overrides. Getters are not called. */
function methodsOf(object: object): [name: string, method: (...given: never[]) => unknown][] {
  const methods = new Map<string, (...given: never[]) => unknown>();
  for (let at = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && !methods.has(name)) methods.set(name, value);
  }
  return [...methods];
}
