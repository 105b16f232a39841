// The behaviors of a batch: the one it was launched with, those set since, and which of them may stand beside a command.
// There are few of them and many commands, so each text is parsed once and each pair compared once.

import { isDeepStrictEqual } from 'node:util';
import { type CommandBehavior, compactBehavior } from '../chaos/behavior.ts';
import { type Experiment, inScope } from '../chaos/experiment.ts';
import { stepKey } from '../model/process.ts';
import type { CheckBook } from './checks.ts';
import type { CommandRecord } from './queries/command-text.ts';
import type { VerifiedCommand } from './queries/verified-commands.ts';
import type { VerifiedBatch, VerifiedProcess } from './queries/verify.ts';

/** By step key, as a launch or a change gives it. */
type Version = Record<string, unknown> | null;

export class BehaviorBook {
  readonly #batch: VerifiedBatch;
  /** Set after the launch, oldest first. */
  readonly versions: readonly Version[];
  readonly #parsed = new Map<string, CommandBehavior>();
  readonly #compared = new Map<CommandBehavior, Map<CommandBehavior, boolean>>();
  readonly #compacted = new Map<Version, Map<string, CommandBehavior | null>>();

  constructor(batch: VerifiedBatch, versions: readonly Version[]) {
    this.#batch = batch;
    this.versions = versions;
  }

  /** What stands beside a command. */
  of({ behavior, step }: CommandRecord): CommandBehavior | null {
    if (behavior === null) return null;
    if (behavior === true) return this.#stepOf(this.#batch.behavior, stepKey(step ?? ''));
    return orMake(this.#parsed, behavior, () => JSON.parse(behavior) as CommandBehavior);
  }

  /** What the process at `ordinal` was launched with; null out of scope. */
  launchedTo(ordinal: number): Version {
    return this.#inScope(ordinal) ? this.#batch.behavior : null;
  }

  check(process: VerifiedProcess, command: VerifiedCommand, behavior: CommandBehavior | null, book: CheckBook): void {
    const report = (what: string) =>
      book.report('behavior_written', command.command_id, `${command.record.step} ${what}`);
    if (!this.#mayStand(process, command, behavior)) report('has another behavior beside it than was set');
    else if (command.record.annotated !== (behavior !== null))
      report('is announced to chaos without a behavior, or the other way round');
  }

  #inScope(ordinal: number): boolean {
    const { scope_pct } = (this.#batch.experiment ?? {}) as Experiment;
    return inScope(scope_pct, this.#batch.seed, ordinal);
  }

  /** Whether this behavior is one that was set for the step: at launch, or, in scope, since. */
  #mayStand(
    { ordinal }: VerifiedProcess,
    { record: { purpose, step } }: VerifiedCommand,
    behavior: CommandBehavior | null,
  ): boolean {
    if (purpose !== 'step') return behavior === null;
    const key = stepKey(step ?? '');
    if (this.#isSame(this.#stepOf(this.launchedTo(ordinal), key), behavior)) return true;
    const changed = this.#inScope(ordinal) ? this.versions : [];
    return changed.some((version) => this.#isSame(this.#stepOf(version, key), behavior));
  }

  #isSame(one: CommandBehavior | null, other: CommandBehavior | null): boolean {
    if (one === other || one === null || other === null) return one === other;
    const compared = orMake(this.#compared, one, () => new Map<CommandBehavior, boolean>());
    return orMake(compared, other, () => isDeepStrictEqual(one, other));
  }

  #stepOf(version: Version, key: string): CommandBehavior | null {
    if (version === null || !Object.hasOwn(version, key)) return null;
    const compacted = orMake(this.#compacted, version, () => new Map<string, CommandBehavior | null>());
    return orMake(compacted, key, () => compactBehavior(version[key] as CommandBehavior));
  }
}

/** What is known, or else made and kept. */
function orMake<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
