// The behaviors of a batch (at its launch, and changed later), and which of them a command may carry.

import { type CommandBehavior, compactBehavior } from '../../chaos/behavior.ts';
import { inScope } from '../../chaos/experiment.ts';
import { stepKey } from '../../model/process.ts';
import type { RecordedBatch, RecordedCommand } from '../queries/recorded.ts';
import { sameJson } from '../replay/same-json.ts';

type ProcessBehavior = Record<string, unknown> | null;

export class BehaviorHistory {
  readonly #batch: RecordedBatch;
  readonly #versions: readonly ProcessBehavior[];
  /** By step key: the behavior in each version. */
  readonly #bySteps = new Map<string, readonly (CommandBehavior | null)[]>();

  /** @param changes behaviors set after the launch */
  constructor(batch: RecordedBatch, changes: readonly ProcessBehavior[]) {
    this.#batch = batch;
    this.#versions = [batch.behavior, ...changes];
  }

  get changes(): number {
    return this.#versions.length - 1;
  }

  /** The behavior with which a process was launched; null outside the scope of chaos. */
  launchedWith(ordinal: number): ProcessBehavior {
    return this.#inScope(ordinal) ? this.#batch.behavior : null;
  }

  /** The behavior of a command; equal behaviors are the same object. */
  of({ behavior, step }: RecordedCommand): CommandBehavior | null {
    return behavior && (this.#ofStep(step).find((known) => known !== null && sameJson(known, behavior)) ?? behavior);
  }

  /** The error in the behavior of a command, as `of` returned it; null for none. */
  problemOf(ordinal: number, command: RecordedCommand, behavior: CommandBehavior | null): string | null {
    const chaotic = command.purpose === 'step' && this.#inScope(ordinal);
    if (!(chaotic ? this.#ofStep(command.step) : [null]).includes(behavior))
      return 'carries another behavior than it was given';
    if (command.annotated !== (behavior !== null)) return 'is announced to chaos without a behavior, or the reverse';
    return null;
  }

  #inScope(ordinal: number): boolean {
    return inScope(this.#batch.scope_pct, this.#batch.seed, ordinal);
  }

  #ofStep(step: string): readonly (CommandBehavior | null)[] {
    const key = stepKey(step);
    const known = this.#bySteps.get(key);
    if (known !== undefined) return known;
    const made = this.#versions.map((version) =>
      version !== null && Object.hasOwn(version, key) ? compactBehavior(version[key] as CommandBehavior) : null,
    );
    this.#bySteps.set(key, made);
    return made;
  }
}
