// The one way by which the API launches: a batch, a batch again, a process again.
// Promises that what one of them is refused is refused to all.

import { refuseWhileStopped } from '../chaos/kill-switch.ts';
import { assertTurbulenceAllowed } from '../chaos/turbulence.ts';
import { type Launched, type LaunchRequest, launchBatch } from '../process/launch.ts';
import type { RouteContext } from './context.ts';

/** @throws TurbulenceNotAllowedError, ChaosStoppedError, and whatever launchBatch does */
export async function acceptLaunch({ bus, pool, turbulence }: RouteContext, request: LaunchRequest): Promise<Launched> {
  assertTurbulenceAllowed(request.experiment, turbulence);
  await refuseWhileStopped(pool, [request], request.idempotency);
  return launchBatch(bus, request);
}

/** Where a batch is to be looked at. */
export function placeOf({ batch_id }: Pick<Launched, 'batch_id'>): string {
  return `/api/v1/process-batches/${batch_id}`;
}
