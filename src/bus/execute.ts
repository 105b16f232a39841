// Executes one attempt: runs middleware and handler, and turns every return, throw or abort into one Outcome.
// Writes nothing to the database.

import type { ClaimedCommand, Outcome, OutcomeKind } from '../model/command.ts';
import type { Env } from '../model/env.ts';
import { describeError } from '../model/error-text.ts';
import { BusinessRuleError, CommandError, PermanentCommandError } from '../model/errors.ts';
import type { Bus } from './bus.ts';
import type { AttemptContext, Handler, HandlerRegistry, Middleware } from './handlers.ts';

export interface Attempt {
  command: ClaimedCommand;
  annotation: unknown;
  signal(): AbortSignal;
  aborted(): boolean;
  abandonLease(): void;
  /** Called right before the handler. */
  began(): void;
  extendLease(lease_ms: number): Promise<void>;
  dropOutcome(): void;
}

/** Runs one attempt to its Outcome. Never throws. */
export async function executeAttempt(
  { env, hooks }: Pick<Bus, 'env' | 'hooks'>,
  registry: HandlerRegistry,
  attempt: Attempt,
): Promise<Outcome> {
  const { command } = attempt;
  let fault: string | null = null;
  const markFault = (name: string) => {
    fault = name;
  };
  try {
    const handler = registry.find(command.domain, command.type);
    if (handler === undefined) throw new Error(`No handler is registered for ${command.domain}/${command.type}.`);
    await env.probe('before_handler', command);
    const begin: Handler<unknown> = (payload, context) => {
      attempt.began();
      return handler(payload, context);
    };
    const result = await runThrough(hooks.middleware ?? [], attemptContext(env, attempt, markFault), begin);
    await env.probe('after_handler', command);
    return { kind: 'success', result, fault };
  } catch (error) {
    return outcomeOfError(error, attempt.aborted());
  }
}

/** Each middleware wraps the next one; the innermost wraps the handler. */
function runThrough(
  middleware: readonly Middleware[],
  context: AttemptContext,
  handler: Handler<unknown>,
): Promise<unknown> {
  const run = (index: number): Promise<unknown> => {
    const layer = middleware[index];
    if (layer !== undefined) return layer(context, () => run(index + 1));
    return Promise.resolve(handler(context.payload, context));
  };
  return run(0);
}

function attemptContext(env: Env, attempt: Attempt, markFault: (fault: string) => void): AttemptContext {
  return {
    command: attempt.command,
    payload: attempt.command.payload,
    annotation: attempt.annotation,
    // Created on first use: most handlers end without it.
    get signal() {
      return attempt.signal();
    },
    logger: env.logger,
    extendLease: attempt.extendLease,
    abandonLease: attempt.abandonLease,
    dropOutcome: attempt.dropOutcome,
    markFault,
    async wait(ms) {
      const signal = attempt.signal();
      await env.sleep(ms, signal);
      signal.throwIfAborted();
    },
  };
}

function kindOfError(error: CommandError): OutcomeKind {
  if (error instanceof BusinessRuleError) return 'business_rule';
  if (error instanceof PermanentCommandError) return 'permanent';
  return 'transient';
}

function outcomeOfError(error: unknown, aborted: boolean): Outcome {
  if (error instanceof CommandError) {
    return {
      kind: kindOfError(error),
      error_code: textOf(error, 'code') ?? 'UNKNOWN_ERROR',
      error_message: describeError(error),
      fault: textOf(error, 'fault'),
    };
  }
  // The attempt was aborted: this is not a failure, whatever it threw. It is retried unless the lease is lost.
  if (aborted) return { kind: 'released' };
  return { kind: 'transient', error_code: 'UNKNOWN_ERROR', error_message: describeError(error) };
}

/** A field of an error that may come from another copy of the package, or only look like one. */
function textOf(error: CommandError, field: 'code' | 'fault'): string | null {
  try {
    const value: unknown = error[field];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
