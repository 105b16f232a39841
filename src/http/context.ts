// What every route is made of: the server's own type, where the API is, and the service around it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { TurbulenceKind } from '../chaos/experiment.ts';
import type { Throttled } from '../model/throttled.ts';
import type { Service } from '../process/service.ts';
import type { Analysis, Verdicts } from '../verification/index.ts';
import type { Activity } from './activity.ts';
import type { BatchDetails } from './batch-detail.ts';
import type { Overview } from './contract.ts';
import type { BatchEvents } from './events.ts';

export const API_PREFIX = '/api/v1';

/** What routes are made of. */
export interface RouteContext
  extends Pick<Service, 'bus' | 'pool' | 'registry' | 'processes' | 'application' | 'context'> {
  version: string;
  turbulence: readonly TurbulenceKind[];
  details: BatchDetails;
  events: BatchEvents;
  activity: Activity;
  overview: Throttled<Overview>;
  analysis: Analysis;
  verdicts: Verdicts;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
