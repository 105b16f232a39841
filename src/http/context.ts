// The context that routes share: the type of the server, the prefix of the API, and the sources of their answers.

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

/** The parts of a service that the server uses. */
export type ServedService = Pick<Service, 'bus' | 'pool' | 'registry' | 'processes' | 'application' | 'context'>;

export interface RouteContext extends ServedService {
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
