// A finding of `faultline doctor`: what was checked, whether it is in order, and what to do about it.

export interface Finding {
  check: string;
  state: 'ok' | 'warn' | 'fail';
  says: string;
}

/** `problem` is a text where something is wrong, else nothing. */
export function warn(check: string, problem: string | false | null | undefined, fine: string): Finding {
  return problem ? { check, state: 'warn', says: problem } : { check, state: 'ok', says: fine };
}

export function fail(check: string, problem: string | false | null | undefined, fine: string): Finding {
  return problem ? { check, state: 'fail', says: problem } : { check, state: 'ok', says: fine };
}
