// The permanent fault: retries cannot help, so the command goes to the troubleshooting queue at once.

import { PermanentCommandError } from '../../model/errors.ts';
import { thrownFault } from './thrown.ts';

export const permanentFault = thrownFault({
  name: 'permanent',
  field: 'fail_permanent_pct',
  order: 1,
  results_in: 'permanent',
  error: PermanentCommandError,
  code: 'CHAOS_PERMANENT',
  message: 'Chaos: a permanent failure.',
});
