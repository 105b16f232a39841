// Launches a process batch over HTTP, for a launch and for the rerun of a batch or a process.

import type { FastifyReply } from 'fastify';
import { refuseWhileStopped } from '../chaos/kill-switch.ts';
import { assertTurbulenceAllowed } from '../chaos/turbulence.ts';
import { launchBatch } from '../process/launch.ts';
import type { LaunchRequest } from '../process/launch-check.ts';
import { API_PREFIX, type RouteContext } from './context.ts';
import { readIdempotency } from './idempotency.ts';

/**
 * Answers 202. `asked` identifies a repeated request with the same idempotency key.
 * @throws TurbulenceNotAllowedError, ChaosStoppedError; as launchBatch
 */
export async function acceptLaunch(
  { bus, pool, turbulence }: Pick<RouteContext, 'bus' | 'pool' | 'turbulence'>,
  reply: FastifyReply,
  request: LaunchRequest,
  headers: { 'idempotency-key'?: string },
  asked: unknown,
) {
  const launch = { ...request, idempotency: readIdempotency(headers, asked) };
  assertTurbulenceAllowed(launch.experiment, turbulence);
  await refuseWhileStopped(pool, [launch], launch.idempotency);
  const launched = await launchBatch(bus, launch);
  reply.code(202).header('location', `${API_PREFIX}/process-batches/${launched.batch_id}`);
  return launched;
}
