// The hooks that install chaos on a bus: rows for sent commands, the injections of a claimed set, and middleware.
// A fault that prevents settling is marked before it is injected, under a valid lease. Suppression is recorded.

import type { BusHooks, Middleware } from '../bus/handlers.ts';
import type { Pool } from '../db/pool.ts';
import type { ClaimedCommand } from '../model/command.ts';
import type { Env } from '../model/env.ts';
import { byLane } from '../model/ids.ts';
import { findChaosErrors } from './asked.ts';
import type { CommandBehavior } from './behavior.ts';
import { BehaviorOverrides } from './behavior-overrides.ts';
import { chaosRows } from './chaos-rows.ts';
import type { Injection } from './decide.ts';
import { decide } from './decide.ts';
import { compactExperiment, type Experiment, experimentSchema, inScope } from './experiment.ts';
import { faultOf } from './faults/index.ts';
import type { ChaosSource } from './queries/test-command.ts';
import { deleteTestCommands, markFaultsIfLeased, readChaosSources, suppressAttempts } from './queries/test-command.ts';
import { TestCommandRepository } from './repository.ts';
import type { RollSource } from './roll.ts';

export interface ChaosOptions {
  pool: Pool;
  env: Env;
  repository?: TestCommandRepository;
  /** Ends this process like a crash, or returns if that is not allowed. Without it, only the attempt dies. */
  crash?(): void;
  /** Runs `work`, losing each connection it takes from the handlers' pool. Without it, the attempt only fails. */
  withoutConnection?<T>(work: () => Promise<T>): Promise<T>;
}

/** The annotation of one attempt for the middleware. It is a class, so that other hooks' annotations are distinct. */
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

type ChaosHook =
  | 'findChaosErrors'
  | 'storedExperiment'
  | 'behaviorOf'
  | 'beforeSend'
  | 'beforeDelete'
  | 'beforeExecute'
  | 'middleware';

/**
 * The hooks of chaos. Its middleware must be innermost, so that other middleware sees injected faults like real ones.
 */
export function chaosHooks(options: ChaosOptions): Required<Pick<BusHooks, ChaosHook>> {
  const { pool, repository = new TestCommandRepository() } = options;
  const overrides = new BehaviorOverrides(options.env);
  return {
    findChaosErrors,
    storedExperiment: (experiment) => compactExperiment(experimentSchema.parse(experiment)),
    behaviorOf: ({ seed, behavior, experiment }, ordinal) =>
      inScope((experiment as Experiment | null | undefined)?.scope_pct, seed, ordinal) ? behavior : null,
    beforeSend: async (tx, commands) =>
      repository.createMany(tx, chaosRows(commands, await overrides.read(tx, commands))),
    beforeDelete: deleteTestCommands,
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

/** Records the attempts into which nothing is injected because injection is stopped: a replay needs them. */
async function suppress(
  pool: Pool,
  commands: readonly ClaimedCommand[],
  sources: ReadonlyMap<string, ChaosSource>,
): Promise<void> {
  const stopped = commands.filter(({ command_id }) => sources.get(command_id)?.injection_stopped);
  for (const [lane, group] of byLane(stopped, (command) => command.lane)) {
    const attempts = group
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

/** Marks the faults that prevent settling. An attempt that has lost its lease gets no fault. */
async function markOrForget(
  pool: Pool,
  commands: readonly ClaimedCommand[],
  annotations: Map<string, ChaosAnnotation>,
): Promise<void> {
  const faults = commands.flatMap(({ command_id, claim_id, lane }) => {
    const kind = annotations.get(command_id)?.injection.kind ?? 'none';
    if (kind === 'none' || faultOf(kind).results_in !== 'lease_expired') return [];
    return [{ command_id, claim_id, lane, fault: kind }];
  });
  for (const [lane, marks] of byLane(faults, (mark) => mark.lane)) {
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

/**
 * Merges `response_data` over the result of a handler, shallowly. No result (null, undefined) becomes `data` alone; a
 * result that is no object (text, number, list, date) is kept as `result` beside it.
 */
export function mergeResponse(result: unknown, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (result === null || result === undefined) return { ...data };
  return isDocument(result) ? { ...result, ...data } : { result, ...data };
}

/** True if JSON writes the value as an object with its own keys. */
function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}
