// Exit codes of the command line, each with one meaning, and the error that ends it. docs/cli.md lists the codes.

export const EXIT = {
  ok: 0,
  /** An error; stderr says which. */
  failed: 1,
  /** The command line is wrong: an unknown option, a value out of range, a missing one. */
  usage: 2,
  /** The server or the database is unavailable. */
  unavailable: 3,
  /** Refused: unknown id, wrong state (also a batch that is not at rest yet), bad input. */
  refused: 4,
  /** It ran, and the result is not good. */
  not_passed: 5,
  /** `start` gave up on a child that keeps dying. */
  gave_up: 6,
  /** An injected crash ended a worker under `start`. */
  chaos_crash: 86,
  /** Interrupted before the end. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one line on stderr. */
export class CliError extends Error {
  readonly exit_code: ExitCode;

  constructor(message: string, exit_code: ExitCode = EXIT.failed, cause?: unknown) {
    super(message, { cause });
    this.name = 'CliError';
    this.exit_code = exit_code;
  }
}
