// Internal commands: launching, cancelling and jobs are durable work on the bus, in a domain of their own.

import { type InternalPurpose, PRIORITY } from '../model/command.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import type { OutgoingCommand } from './handlers.ts';

const RETRY = { max_attempts: 100, backoff_ms: [200, 1_000, 5_000] };
/**
 * A chunk is one transaction, which a lost lease rolls back: a minute covers a slow database. A job commits slice by
 * slice.
 */
const LEASE_MS: Record<InternalPurpose, number> = { chunk: 60_000, job: 30_000 };

export interface InternalCommandOptions {
  purpose: InternalPurpose;
  lane?: number;
  batch_id?: string;
  correlation_id?: string;
}

export function internalCommand(
  bus: Bus,
  type: string,
  payload: object,
  { purpose, lane = 0, batch_id, correlation_id }: InternalCommandOptions,
): OutgoingCommand {
  return {
    command_id: bus.env.newId(lane, bus.lanes),
    lane,
    domain: INTERNAL_DOMAIN,
    type,
    purpose,
    priority: PRIORITY[purpose],
    payload,
    policy: { ...RETRY, lease_ms: LEASE_MS[purpose] },
    delay_ms: 0,
    process_id: null,
    batch_id: batch_id ?? null,
    step: null,
    correlation_id: correlation_id ?? null,
    reply_to: null,
    state: null,
  };
}
