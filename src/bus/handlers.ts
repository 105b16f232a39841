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
  /** Aborts when the lease is lost, the command is cancelled or the worker stops: look at it before an effect. */
  signal: AbortSignal;
  logger: Logger;
  /**
   * Moves the end of the lease to `lease_ms` (500 to 3,600,000) from now, for work that keeps the event loop from renewing it.
   * Never shortens it, and no later renewal does. Rejects with LeaseLostError when the lease is lost already; the signal aborts then.
   */
  extendLease(lease_ms: number): Promise<void>;
}

/** Executes one command type. Its return value is the result of the reply; what it throws says what the failure means. */
export type Handler<Payload = never> = (payload: Payload, context: HandlerContext) => unknown | Promise<unknown>;

/** One attempt as middleware sees it. */
export interface AttemptContext extends HandlerContext {
  payload: unknown;
  /** What `beforeExecute` said of this command, if anything. */
  annotation: unknown;
  /**
   * Gives the slot back and stops the heartbeat, while the attempt goes on outside of the worker's count:
   * its lease will run out. For middleware that holds an attempt without doing work.
   */
  abandonLease(): void;
  /** Waits `ms`, or until the signal aborts. */
  wait(ms: number): Promise<void>;
  /** Marks the attempt: should it succeed, its outcome carries the name of this injected fault. */
  markFault(fault: string): void;
  /**
   * Whatever the attempt comes to is not settled: its lease will run out. For middleware that stands in for the death of a worker, or
   * for an acknowledgement that is lost on its way.
   */
  dropOutcome(): void;
}

/** Wraps the handler; may throw, wait, change the result or not call `next` at all. Runs in order, the last one innermost. */
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
  /** By when it must be settled. */
  deadline?: Deadline | null;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  /** The place of its process in the batch. */
  ordinal?: number | null;
  /** The state of the process this command is a step of. */
  state: Readonly<Record<string, unknown>> | null;
}

/** The command side of a transition, with what is needed to send the next command under the same policy. */
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
  /** 0: never attempted, so nothing of it needs to be undone. */
  attempts: number;
  policy: CommandPolicy;
}

export type CommandTransition =
  /** `keep_effects`: the process ends without undoing what it did. Only with a FAILED or CANCELED reply. */
  | { kind: 'replied'; command: TransitionCommand; reply: Reply; keep_effects?: boolean }
  | { kind: 'parked'; command: TransitionCommand; error_code: string; error_message: string }
  | { kind: 'unparked'; command: TransitionCommand }
  /** An attempt that came to its end too late: refused, but whatever it came to, its effect may have happened. */
  | { kind: 'discarded'; command: TransitionCommand };

/** A batch as far as it decides what its processes are given to start with. */
export interface LaunchingBatch {
  seed: string;
  behavior: Record<string, unknown> | null;
  experiment?: Record<string, unknown> | null;
}

/** What a launch or a command asks of extensions. */
export interface AskedChaos {
  behavior: unknown;
  experiment?: unknown;
  /** The keys by which the behavior of a process names its steps; null: it is that of one command. */
  steps: readonly string[] | null;
}

export interface BusHooks {
  /** Every mistake in what is asked, by its path (`behavior.render.timeout_pct`). Without the hook nothing may be asked. */
  findChaosErrors?(asked: AskedChaos): FieldError[];
  /** The form in which a checked experiment is stored: with defaults, without what asks for nothing. */
  storedExperiment?(experiment: unknown): Record<string, unknown> | null;
  /** The processes that can be launched here; without the hook any. */
  processTypes?(): readonly { type: string; version: number }[];
  /** The behavior with which the process at `ordinal` of a batch starts; without the hook that of the batch. Pure. */
  behaviorOf?(batch: LaunchingBatch, ordinal: number): Record<string, unknown> | null;
  /** In the sending transaction, before the insert: returns the ids it wrote a row for; those are shown to `beforeExecute`. */
  beforeSend?(tx: Tx, commands: readonly OutgoingCommand[]): Promise<ReadonlySet<string>>;
  /** In the deleting transaction: deletes the rows that `beforeSend` wrote for these commands of a lane; returns how many. */
  beforeDelete?(tx: Tx, lane: number, command_ids: readonly string[]): Promise<number>;
  /** After a claim, for its annotated commands: what middleware should know, by command id. One query for the set. */
  beforeExecute?(commands: readonly ClaimedCommand[]): Promise<ReadonlyMap<string, unknown>>;
  /**
   * In the settling transaction, after the commands of the set were written. All commands of one call share a lane.
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
   * Registers every method of an object whose name begins with a capital, as command types do: of a plain object, or of an instance
   * with what its class inherits. Each is called on the object. All of them or, when one is taken already, none.
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

/** By name, the nearest first: a class's own method before the one it overrides. Getters are not called. */
function methodsOf(object: object): [name: string, method: (...given: never[]) => unknown][] {
  const methods = new Map<string, (...given: never[]) => unknown>();
  for (let at = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && !methods.has(name)) methods.set(name, value);
  }
  return [...methods];
}
