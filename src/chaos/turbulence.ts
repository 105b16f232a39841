// Turbulence of a batch: what is due when, and which kinds are possible with the database at hand. Pure.
// Of several missed occurrences only the latest is still due.

import { TurbulenceNotAllowedError } from '../model/errors.ts';
import { type Experiment, TURBULENCE_KINDS, type Turbulence, type TurbulenceKind } from './experiment.ts';

/** `embedded`: the supervisor's own PostgreSQL; `allowed`: another one, whose owner permits it. */
export type TurbulenceCapability = 'embedded' | 'allowed';

/** The kinds that need no access to the processes of PostgreSQL. */
const REMOTE_KINDS: readonly TurbulenceKind[] = ['kill_worker', 'terminate_backends'];

/** The possible kinds; none without a known capability. */
export function allowedTurbulence(
  capability: string | undefined,
  platform: NodeJS.Platform = process.platform,
): readonly TurbulenceKind[] {
  if (capability === 'allowed') return REMOTE_KINDS;
  if (capability !== 'embedded') return [];
  // Windows cannot suspend a process.
  return platform === 'win32' ? TURBULENCE_KINDS.filter((kind) => kind !== 'pause_postgres') : TURBULENCE_KINDS;
}

/** The fields of a document that ask for a kind that is not allowed. */
export function disallowedTurbulence(
  turbulence: Turbulence | null | undefined,
  allowed: readonly TurbulenceKind[],
): string[] {
  return TURBULENCE_KINDS.filter((kind) => everyMs(turbulence, kind) !== null && !allowed.includes(kind)).map(fieldOf);
}

/** @throws TurbulenceNotAllowedError naming every field that asks for a kind that is not allowed */
export function assertTurbulenceAllowed(
  experiment: Pick<Experiment, 'turbulence'> | null | undefined,
  allowed: readonly TurbulenceKind[],
): void {
  const fields = disallowedTurbulence(experiment?.turbulence, allowed);
  if (fields.length > 0) throw new TurbulenceNotAllowedError(fields.map((field) => `experiment.turbulence.${field}`));
}

/** An occurrence of a kind: due time in ms since the launch, and its sequence number from 1. */
export interface TurbulenceOccurrence {
  due_ms: number;
  nth: number;
}

/** The last occurrence of each kind. */
export type TurbulenceOccurrences = Partial<Record<TurbulenceKind, TurbulenceOccurrence>>;

export interface TurbulenceNext extends TurbulenceOccurrence {
  kind: TurbulenceKind;
}

/**
 * The next occurrence of each kind, the soonest first: at multiples of its interval, from one interval after the launch
 * until `for_ms`.
 * Of multiples that passed without an occurrence, the latest.
 */
export function nextTurbulence(
  turbulence: Turbulence,
  since_launch_ms: number,
  previous: TurbulenceOccurrences,
): TurbulenceNext[] {
  const until_ms = turbulence.for_ms ?? Number.POSITIVE_INFINITY;
  if (since_launch_ms >= until_ms) return [];
  return TURBULENCE_KINDS.flatMap((kind) => {
    const every_ms = everyMs(turbulence, kind);
    if (every_ms === null) return [];
    const last = previous[kind] ?? { due_ms: 0, nth: 0 };
    const passed_ms = Math.floor(since_launch_ms / every_ms) * every_ms;
    const due_ms = passed_ms > last.due_ms ? passed_ms : last.due_ms + every_ms;
    return due_ms < until_ms ? [{ kind, due_ms, nth: last.nth + 1 }] : [];
  }).sort((a, b) => a.due_ms - b.due_ms);
}

function fieldOf<Kind extends TurbulenceKind>(kind: Kind): `${Kind}_every_ms` {
  return `${kind}_every_ms`;
}

function everyMs(turbulence: Turbulence | null | undefined, kind: TurbulenceKind): number | null {
  return turbulence?.[fieldOf(kind)] ?? null;
}
