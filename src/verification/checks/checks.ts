// The checks of a verdict: their names, their rules in words, and the statements that people can run themselves.

import { CONSISTENCY_TEXT } from '../queries/consistency.ts';
import { PROCESSES_TEXT } from '../queries/recorded.ts';
import { RULE_TEXT } from '../queries/rules.ts';

export const CHECKS = {
  conservation:
    'Every requested process exists once and has exactly one status; the counts of the batch match its processes, and its status follows from them.',
  settled_once:
    'Attempts are numbered from 1 without a gap, except for one in flight; the effect and the retry delay of each follow from the policy; nothing was attempted after it had ended; the command matches its attempts, interruptions and operator actions.',
  attempts_as_rolled:
    'Every attempt had the outcome that its roll asked for, is marked with that fault and has the error that its behavior sets, or it was interrupted, or injection was stopped.',
  faults_fired: 'Every fault that the rolls asked for fired, as often as they asked.',
  no_real_failures:
    'Every failure was injected, or happened during turbulence or an outage of the database. (A business rule error of your own is an answer, not a failure.)',
  behavior_written:
    'Each step carries the behavior that its process was launched with, or one that the batch was given later; a step without a behavior carries none.',
  no_settled_awaited: 'No process awaits a command that has ended or does not exist.',
  one_command_per_step:
    'There is one command for each process, step and visit, and every command of a process is listed by it.',
  rows_agree:
    'Related rows agree: a process with its batch, a command with its process and the policy of the batch, an attempt with its command, the last attempt with what its command says. No attempt began before its delay had passed.',
  steps_complete:
    'Each process sent exactly the steps that its definition derives from the replies, in that order, with the payloads and deadlines of the definition.',
  compensations:
    'Everything that had to be undone was undone, newest first, each step once, with the payload that its definition makes; nothing else was.',
  state: 'The state of each process is the one that its definition derives from the replies it received.',
  ends_as_replayed: 'Each process ended, or waits, as the replay of its definition with the recorded replies does.',
  artifacts:
    'There is a document for each that a process has on record, and none for a step that was undone or never attempted.',
  as_predicted:
    'The counts by step, fault and ending are those predicted at launch. (Only where nothing interrupted, operated on or changed the batch.)',
} as const;
export type CheckName = keyof typeof CHECKS;

/** The checks that SQL answers while a batch still runs. */
export const LIGHT_CHECKS = ['conservation', 'no_settled_awaited', 'one_command_per_step'] as const;

const SQL_TEXT: Partial<Record<CheckName, string>> = { ...RULE_TEXT, rows_agree: CONSISTENCY_TEXT };

/** The statement that finds the violations of a check, or reads what is replayed. */
export function sqlOf(check: CheckName): string {
  return (SQL_TEXT[check] ?? PROCESSES_TEXT).trim();
}
