// What the command line exits with, and the one way it fails: a line that says what is wrong and what to do.
// docs/cli.md lists the codes; scripts rely on them.

export const EXIT = {
  ok: 0,
  /** Something went wrong. */
  failed: 1,
  /** The command was not understood: an unknown option, a value out of range. */
  usage: 2,
  /** The database or the server cannot be reached, now. */
  unavailable: 3,
  /** The server refused: unknown id, wrong state, bad input. */
  refused: 4,
  /** It ended, but not well: a batch with failures, cancelled or left in troubleshooting. */
  not_passed: 5,
  /** `start` gave up on a child that keeps dying. */
  gave_up: 6,
  /** Of a worker under `start`: an injected crash ended it. */
  chaos_crash: 86,
  /** Interrupted a second time, and stopped hard. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one clear line on stderr. */
export class CliError extends Error {
  readonly exit_code: ExitCode;

  constructor(message: string, exit_code: ExitCode = EXIT.failed, cause?: unknown) {
    super(message, { cause });
    this.name = 'CliError';
    this.exit_code = exit_code;
  }
}
