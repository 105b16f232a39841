// Turbulence of a batch: what is to be disturbed when, and which of it may be done to the database at hand. Pure.
// Promises that nothing is made up for: of several times that were missed, only the latest is still due.

import { TurbulenceNotAllowedError } from '../model/errors.ts';
import { type Experiment, TURBULENCE_KINDS, type Turbulence, type TurbulenceKind } from './experiment.ts';

/** `embedded`: the supervisor's own PostgreSQL; `allowed`: another one, whose owner said so. */
export type TurbulenceCapability = 'embedded' | 'allowed';

/** What may be done to a PostgreSQL that others run: nothing that needs its processes. */
const AT_A_DISTANCE: readonly TurbulenceKind[] = ['kill_worker', 'terminate_backends'];

/** The kinds that are possible; none without a capability, or with one that is not known. */
export function allowedTurbulence(
  capability: string | undefined,
  platform: NodeJS.Platform = process.platform,
): readonly TurbulenceKind[] {
  if (capability === 'allowed') return AT_A_DISTANCE;
  if (capability !== 'embedded') return [];
  // Windows cannot stop a process and let it go on.
  return platform === 'win32' ? TURBULENCE_KINDS.filter((kind) => kind !== 'pause_postgres') : TURBULENCE_KINDS;
}

/** The fields of a document that ask for what is not allowed. */
export function disallowedTurbulence(
  turbulence: Turbulence | null | undefined,
  allowed: readonly TurbulenceKind[],
): string[] {
  return TURBULENCE_KINDS.filter((kind) => everyMs(turbulence, kind) !== null && !allowed.includes(kind)).map(fieldOf);
}

/** @throws TurbulenceNotAllowedError naming every field that asks for what is not allowed */
export function assertTurbulenceAllowed(
  experiment: Pick<Experiment, 'turbulence'> | null | undefined,
  allowed: readonly TurbulenceKind[],
): void {
  const fields = disallowedTurbulence(experiment?.turbulence, allowed);
  if (fields.length > 0) throw new TurbulenceNotAllowedError(fields.map((field) => `experiment.turbulence.${field}`));
}

/** The last time that a kind was done: when it was due, in ms since the launch, and the sequence number it was, from 1. */
export interface TurbulenceDone {
  due_ms: number;
  nth: number;
}

export type TurbulenceDones = Partial<Record<TurbulenceKind, TurbulenceDone>>;

/** What comes next; it is due once `due_ms` since the launch have passed. */
export interface TurbulenceNext extends TurbulenceDone {
  kind: TurbulenceKind;
}

/**
 * The next of each kind, the soonest first: at the multiples of its span, from one span after the launch until before `for_ms`.
 * Where multiples passed without it being done, the latest of them.
 */
export function nextTurbulence(
  turbulence: Turbulence,
  since_launch_ms: number,
  done: TurbulenceDones,
): TurbulenceNext[] {
  const until_ms = turbulence.for_ms ?? Number.POSITIVE_INFINITY;
  if (since_launch_ms >= until_ms) return [];
  return TURBULENCE_KINDS.flatMap((kind) => {
    const every_ms = everyMs(turbulence, kind);
    if (every_ms === null) return [];
    const last = done[kind] ?? { due_ms: 0, nth: 0 };
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
