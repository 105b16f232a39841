// The first attempts of every command fail, whatever the rolls, so that retries are certain.

import { TransientCommandError } from '../../model/errors.ts';
import { thrownFault } from './thrown.ts';

export const firstAttemptsFault = thrownFault({
  name: 'first_attempts',
  field: 'fail_first_attempts',
  order: 0,
  percent: ({ fail_first_attempts }, attempt) => (attempt <= (fail_first_attempts ?? 0) ? 100 : 0),
  results_in: 'transient',
  error: TransientCommandError,
  code: 'CHAOS_FIRST_ATTEMPTS',
  message: 'Chaos: one of the first attempts.',
});
