// The common shape of faults that throw: which error, under which code and message unless the behavior names its own.

import type { CommandErrorOptions } from '../../model/errors.ts';
import type { CommandBehavior } from '../behavior.ts';
import { type Fault, type FaultContext, type FaultField, type PercentField, percentOf } from './fault.ts';

interface ThrownFault<Name extends string> extends Pick<Fault<Name>, 'name' | 'order' | 'results_in'> {
  error: new (code: string, message: string, options: CommandErrorOptions) => Error;
  code: string;
  message: string;
  /** Comes before the error, which is thrown whatever it comes to. */
  first?(context: FaultContext): Promise<unknown>;
}

/** A fault says how often it hits, or has a field that does. */
type Frequency = { field: PercentField } | { field: FaultField; percent: Fault['percent'] };

/** A fault that throws `error`; the behavior's `error_code` and `error_message` take the place of the defaults. */
export function thrownFault<Name extends string>(kind: ThrownFault<Name> & Frequency): Fault<Name> {
  const { name, field, order, results_in } = kind;
  const failure = ({ error_code, error_message }: CommandBehavior) => ({
    error_code: error_code ?? kind.code,
    error_message: error_message ?? kind.message,
  });
  return {
    name,
    field,
    order,
    results_in,
    failure,
    delayed: 'if_asked',
    percent: 'percent' in kind ? kind.percent : percentOf(kind.field),
    async inject(context) {
      await kind.first?.(context);
      const { error_code, error_message } = failure(context.behavior);
      throw new kind.error(error_code, error_message, { fault: name });
    },
  };
}
