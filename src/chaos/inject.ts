// The hooks that bring chaos to a bus: rows beside commands, injections decided for a claimed set, middleware that applies them.
// Promises that a fault which keeps its attempt from settling is marked first, one held back is written down, one without a lease is none.

import type { BusHooks, Middleware } from '../bus/handlers.ts';
import type { Pool } from '../db/pool.ts';
import type { ClaimedCommand } from '../model/command.ts';
import type { Env } from '../model/env.ts';
import { findChaosErrors } from './asked.ts';
import type { CommandBehavior } from './behavior.ts';
import { createBehaviorOverrides } from './behavior-overrides.ts';
import { chaosRows } from './chaos-rows.ts';
import type { Injection } from './decide.ts';
import { decide } from './decide.ts';
import { type Experiment, inScope } from './experiment.ts';
import { faultOf } from './faults/index.ts';
import type { ChaosSource } from './queries/test-command.ts';
import { markFaultsIfLeased, readChaosSources, suppressAttempts } from './queries/test-command.ts';
import { TestCommandRepository } from './repository.ts';
import { mergeResponse } from './response.ts';
import type { RollSource } from './roll.ts';

export interface ChaosOptions {
  /** Where claimed commands are looked up and faults are marked: the bus's own. */
  pool: Pool;
  env: Env;
  repository?: TestCommandRepository;
  /** Ends this process at once, as a crash does; returns where that may not be. Without it an attempt that crashes dies alone. */
  crash?(): void;
  /** Runs `work` so that the connections it asks the handlers' pool for are lost. Without it the attempt fails all the same. */
  withoutConnection?<T>(work: () => Promise<T>): Promise<T>;
}

/** What `beforeExecute` tells the middleware of one attempt. A class, so that it is told from other hooks' annotations. */
export class ChaosAnnotation {
  readonly behavior: CommandBehavior;
  readonly source: RollSource;
  readonly injection: Injection;

  constructor(behavior: CommandBehavior, source: RollSource) {
    this.behavior = behavior;
    this.source = source;
    this.injection = decide(behavior, source);
  }
}

/**
 * Chaos for a bus, installed where it is put together. Its middleware belongs innermost, so that whatever else
 * wraps a handler meets injected faults like real ones.
 */
export function chaosHooks(
  options: ChaosOptions,
): Required<Pick<BusHooks, 'findChaosErrors' | 'behaviorOf' | 'beforeSend' | 'beforeExecute' | 'middleware'>> {
  const { pool, repository = new TestCommandRepository() } = options;
  const newest = createBehaviorOverrides(options.env);
  return {
    findChaosErrors,
    behaviorOf: ({ seed, behavior, experiment }, ordinal) =>
      inScope((experiment as Experiment | null | undefined)?.scope_pct, seed, ordinal) ? behavior : null,
    beforeSend: async (tx, commands) => repository.createMany(tx, chaosRows(commands, await newest.read(tx, commands))),
    beforeExecute: (commands) => annotate(pool, commands),
    middleware: [chaosMiddleware(options)],
  };
}

async function annotate(pool: Pool, commands: readonly ClaimedCommand[]): Promise<Map<string, ChaosAnnotation>> {
  const annotations = new Map<string, ChaosAnnotation>();
  if (commands.length === 0) return annotations;
  const sources = new Map((await readChaosSources(pool, commands)).map((source) => [source.command_id, source]));
  await suppress(pool, commands, sources);
  for (const command of commands) {
    const source = sources.get(command.command_id);
    if (source === undefined || source.injection_stopped) continue;
    annotations.set(command.command_id, new ChaosAnnotation(source.behavior, rollSource(command, source)));
  }
  await markOrForget(pool, commands, annotations);
  return annotations;
}

/** Where injection is stopped, who replays the batch must know into which attempts nothing was injected. */
async function suppress(
  pool: Pool,
  commands: readonly ClaimedCommand[],
  sources: ReadonlyMap<string, ChaosSource>,
): Promise<void> {
  const stopped = commands.filter(({ command_id }) => sources.get(command_id)?.injection_stopped);
  for (const lane of new Set(stopped.map((command) => command.lane))) {
    const attempts = stopped
      .filter((command) => command.lane === lane)
      .map(({ command_id, attempts }) => ({ command_id, attempt: attempts }))
      .sort((a, b) => (a.command_id < b.command_id ? -1 : 1));
    await suppressAttempts(pool, lane, attempts);
  }
}

/** Seed and key of a claimed command: those of its batch, or its own id where there is none. */
export function rollSource(
  command: ClaimedCommand,
  { seed, ordinal }: Pick<ChaosSource, 'seed' | 'ordinal'>,
): RollSource {
  const own = command.process_id ?? command.command_id;
  return {
    seed: seed ?? own,
    key: command.batch_id !== null && ordinal !== null ? ordinal : own,
    step: command.step ?? command.type,
    attempt: command.attempts,
  };
}

/** Marks the faults that keep their attempts from settling; where the lease is lost already, there is nothing to inject. */
async function markOrForget(
  pool: Pool,
  commands: readonly ClaimedCommand[],
  annotations: Map<string, ChaosAnnotation>,
): Promise<void> {
  const lanes = new Map<number, { command_id: string; claim_id: string; fault: string }[]>();
  for (const { command_id, claim_id, lane } of commands) {
    const kind = annotations.get(command_id)?.injection.kind ?? 'none';
    if (kind === 'none' || faultOf(kind).results_in !== 'lease_expired') continue;
    const marks = lanes.get(lane) ?? [];
    marks.push({ command_id, claim_id, fault: kind });
    lanes.set(lane, marks);
  }
  for (const [lane, marks] of lanes) {
    const marked = await markFaultsIfLeased(pool, lane, marks);
    for (const { command_id } of marks) if (!marked.has(command_id)) annotations.delete(command_id);
  }
}

function chaosMiddleware({
  env,
  crash = () => {},
  withoutConnection = (work) => work(),
}: Omit<ChaosOptions, 'pool'>): Middleware {
  return async (attempt, next) => {
    const { annotation } = attempt;
    if (!(annotation instanceof ChaosAnnotation)) return next();
    const { behavior, source, injection } = annotation;
    const { kind, duration_ms } = injection;
    const { command_id, attempts } = attempt.command;
    if (kind !== 'none') attempt.logger.debug({ command_id, attempt: attempts, fault: kind }, 'chaos injects a fault');
    if (duration_ms > 0) await attempt.wait(duration_ms);
    const work = async () => respond(behavior, await next());
    if (kind === 'none') return work();
    return faultOf(kind).inject({ attempt, behavior, source, env, work, crash, withoutConnection });
  };
}

function respond({ send_response, response_data }: CommandBehavior, result: unknown): unknown {
  return send_response && response_data ? mergeResponse(result, response_data) : result;
}
