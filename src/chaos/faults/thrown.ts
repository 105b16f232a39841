// Faults that throw an error, with a default code and message that the behavior can override.

import type { CommandErrorOptions } from '../../model/errors.ts';
import type { CommandBehavior } from '../behavior.ts';
import { type Fault, type FaultContext, type FaultField, type PercentField, percentOf } from './fault.ts';

interface ThrownFault<Name extends string> extends Pick<Fault<Name>, 'name' | 'order' | 'results_in'> {
  error: new (code: string, message: string, options: CommandErrorOptions) => Error;
  code: string;
  message: string;
  /** Runs before the error, which is thrown whatever its result. */
  first?(context: FaultContext): Promise<unknown>;
}

type Frequency = { field: PercentField } | { field: FaultField; percent: Fault['percent'] };

/** A fault that throws `error`. The behavior's `error_code` and `error_message` replace the defaults. */
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
