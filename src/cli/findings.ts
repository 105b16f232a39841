// A finding of `faultline doctor`: the check, its state, and the remedy.

export interface Finding {
  check: string;
  state: 'ok' | 'warn' | 'fail';
  says: string;
}

/** `problem` describes what is wrong; it is empty if nothing is. */
export function warn(check: string, problem: string | false | null | undefined, fine: string): Finding {
  return problem ? { check, state: 'warn', says: problem } : { check, state: 'ok', says: fine };
}

export function fail(check: string, problem: string | false | null | undefined, fine: string): Finding {
  return problem ? { check, state: 'fail', says: problem } : { check, state: 'ok', says: fine };
}
