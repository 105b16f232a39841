// The transient fault: retried with backoff until attempts are exhausted.

import { TransientCommandError } from '../../model/errors.ts';
import { thrownFault } from './thrown.ts';

export const transientFault = thrownFault({
  name: 'transient',
  field: 'fail_transient_pct',
  order: 2,
  results_in: 'transient',
  error: TransientCommandError,
  code: 'CHAOS_TRANSIENT',
  message: 'Chaos: a transient failure.',
});
