// The common shape of faults that throw: which error, under which code and message unless the behavior names its own.

import type { CommandErrorOptions } from '../../model/errors.ts';
import type { Fault } from './fault.ts';

interface ThrownFault<Name extends string> extends Pick<Fault<Name>, 'name' | 'pct_field' | 'order'> {
  error: new (code: string, message: string, options: CommandErrorOptions) => Error;
  code: string;
  message: string;
}

/** A fault that throws `error`; the behavior's `error_code` and `error_message` take the place of the defaults. */
export function thrownFault<Name extends string>(kind: ThrownFault<Name>): Fault<Name> {
  const { name, pct_field, order } = kind;
  return {
    name,
    pct_field,
    order,
    prevents_settle: false,
    async inject({ behavior }) {
      throw new kind.error(behavior.error_code ?? kind.code, behavior.error_message ?? kind.message, { fault: name });
    },
  };
}
