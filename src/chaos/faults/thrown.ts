// The common shape of faults that throw: which error, under which code and message unless the behavior names its own.

import type { CommandErrorOptions } from '../../model/errors.ts';
import { type Fault, type PercentField, percentOf } from './fault.ts';

interface ThrownFault<Name extends string> extends Pick<Fault<Name>, 'name' | 'order' | 'comes_to'> {
  field: PercentField;
  error: new (code: string, message: string, options: CommandErrorOptions) => Error;
  code: string;
  message: string;
}

/** A fault that throws `error`; the behavior's `error_code` and `error_message` take the place of the defaults. */
export function thrownFault<Name extends string>(kind: ThrownFault<Name>): Fault<Name> {
  const { name, field, order, comes_to } = kind;
  return {
    name,
    field,
    order,
    comes_to,
    percent: percentOf(field),
    async inject({ behavior }) {
      throw new kind.error(behavior.error_code ?? kind.code, behavior.error_message ?? kind.message, { fault: name });
    },
  };
}
