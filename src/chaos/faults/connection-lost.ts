// The lost connection: each database connection that the handler takes from the service fails.
// The attempt always fails as transient, even if the handler needs no connection, so that it can be predicted.

import { TransientCommandError } from '../../model/errors.ts';
import type { FaultContext } from './fault.ts';
import { thrownFault } from './thrown.ts';

export const connectionLostFault = thrownFault({
  name: 'connection_lost',
  field: 'connection_lost_pct',
  order: 6,
  results_in: 'transient',
  error: TransientCommandError,
  code: 'CHAOS_CONNECTION_LOST',
  message: 'Chaos: the connection to the database was lost.',
  first: workUnconnected,
});

async function workUnconnected({ attempt, work, withoutConnection }: FaultContext): Promise<void> {
  try {
    await withoutConnection(work);
  } catch (err) {
    attempt.logger.debug({ command_id: attempt.command.command_id, err }, 'a handler lost its connection to chaos');
  }
}
