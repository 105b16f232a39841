// What a replay sees of the checks that SQL answers: enough to know that the statement would find nothing, so that it need not be asked.
// Pure. Suspects too much rather than too little: whether something is wrong, and what, the statement says.

import type { VerifiedCommand } from './queries/verified-commands.ts';
import type { VerifiedProcess } from './queries/verify.ts';
import type { SqlRule } from './queries/verify-rules.ts';

const ENDED = new Set<string>(['COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED']);
const SETTLED = new Set<string>(['COMPLETED', 'FAILED', 'CANCELED']);

/** `commands` are those that the process lists. */
export function suspectsOf(process: VerifiedProcess, commands: readonly VerifiedCommand[]): SqlRule[] {
  const suspects: SqlRule[] = [];
  if (!awaitsRightly(process, commands)) suspects.push('no_settled_awaited');
  if (!eachOnce(commands)) suspects.push('one_command_per_step');
  return suspects;
}

function awaitsRightly(
  { awaiting_command_id, record }: VerifiedProcess,
  commands: readonly VerifiedCommand[],
): boolean {
  if (ENDED.has(record.status)) return awaiting_command_id === null;
  const awaited = commands.find(({ command_id }) => command_id === awaiting_command_id);
  return awaited !== undefined && awaited.record.purpose !== null && !SETTLED.has(awaited.record.status);
}

/** All of them are the process's own, and none is there twice, nor are two for one visit of a step. */
function eachOnce(commands: readonly VerifiedCommand[]): boolean {
  return commands.every(
    ({ command_id, record }, index) =>
      record.own &&
      !commands.some(
        (other, at) =>
          at < index &&
          (other.command_id === command_id ||
            (record.purpose === 'step' && other.record.purpose === 'step' && other.record.step === record.step)),
      ),
  );
}
