// The HTTP server of an open service: its routes, their checks, the description of the API, and the page.
// Every failure has the same shape of error, and closing the server ends every stream.

import { readFileSync } from 'node:fs';
import fastify from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { TurbulenceKind } from '../chaos/experiment.ts';
import { packageRoot } from '../db/package-root.ts';
import { type Analysis, createAnalysis, Verdicts } from '../verification/index.ts';
import { Activity } from './activity.ts';
import { BatchDetails } from './batch-detail.ts';
import { closePromptly } from './connections.ts';
import { API_PREFIX, type App, type RouteContext, type ServedService } from './context.ts';
import { describeApi } from './docs.ts';
import { httpError, sendProblem } from './errors.ts';
import { BatchEvents } from './events.ts';
import { acceptJsonOnly } from './json-body.ts';
import { createOverview } from './overview.ts';
import { hasPage, sendPage, servePage, wantsPage } from './page.ts';
import { refuseUnparsed, watchMethods } from './refusals.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { auditRoutes } from './routes/audit.ts';
import { behaviorRoutes } from './routes/behaviors.ts';
import { commandBatchRoutes } from './routes/command-batches.ts';
import { commandRoutes } from './routes/commands.ts';
import { healthRoutes } from './routes/health.ts';
import { killSwitchRoutes } from './routes/kill-switch.ts';
import { operationRoutes } from './routes/operations.ts';
import { predictionRoutes } from './routes/predictions.ts';
import { processBatchRoutes } from './routes/process-batches.ts';
import { processRoutes } from './routes/processes.ts';
import { profileDocumentRoutes } from './routes/profile-documents.ts';
import { profileRoutes } from './routes/profiles.ts';
import { queueRoutes } from './routes/queues.ts';
import { replyRoutes } from './routes/replies.ts';
import { reportRoutes } from './routes/reports.ts';
import { statsRoutes } from './routes/stats.ts';
import { tsqRoutes } from './routes/tsq.ts';
import { tsqJobRoutes } from './routes/tsq-jobs.ts';
import { verdictRoutes } from './routes/verdicts.ts';
import { type SecurityOptions, secure } from './security.ts';
import { refuseUnstorable, validatorCompiler } from './validate.ts';

/** In the order of the API's description. */
const ROUTES = [
  processBatchRoutes,
  predictionRoutes,
  verdictRoutes,
  killSwitchRoutes,
  behaviorRoutes,
  reportRoutes,
  commandRoutes,
  commandBatchRoutes,
  replyRoutes,
  processRoutes,
  artifactRoutes,
  tsqRoutes,
  tsqJobRoutes,
  auditRoutes,
  statsRoutes,
  profileRoutes,
  profileDocumentRoutes,
  operationRoutes,
  queueRoutes,
  healthRoutes,
];
const BODY_LIMIT_BYTES = 1_048_576;

export interface ServerOptions extends SecurityOptions {
  service: ServedService;
  /** Predicts and verifies; in the server's own thread if absent. */
  analysis?: Analysis;
  /** The folder of the built page; without one only the API is served. */
  ui_dir?: string;
  /** The kinds of turbulence that the supervisor makes, and batches may ask for (none). */
  turbulence?: readonly TurbulenceKind[];
}

/** Makes a server that does not listen yet (`app.listen`). `app.close` ends streams first. */
export async function createServer(options: ServerOptions): Promise<App> {
  const { service } = options;
  const { env } = service.bus;
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // Limits the time to receive a request, not the time to answer it.
    requestTimeout: 30_000,
    genReqId: () => env.newId(),
    clientErrorHandler: refuseUnparsed,
    frameworkErrors: (error, request, reply) => void sendProblem(env.logger, error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  const methodsOf = watchMethods(app);
  const context = createContext(options);

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(env.logger, error, request, reply));
  acceptJsonOnly(app);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  await secure(app, options);
  app.addHook('preValidation', refuseUnstorable);
  app.addHook('onReady', async () => context.verdicts.start());
  app.addHook('preClose', async () => context.events.close());
  app.addHook('onClose', async () => context.verdicts.stop());
  closePromptly(app, env);

  await describeApi(app, context.version);
  const addRoutes = async (api: App) => {
    for (const add of ROUTES) add(api, context);
  };
  await app.register(addRoutes, { prefix: API_PREFIX });

  const page = hasPage(options.ui_dir);
  if (hasPage(options.ui_dir)) await servePage(app, options.ui_dir);
  app.setNotFoundHandler((request, reply) => {
    if (page && wantsPage(request)) return sendPage(reply);
    const allowed = methodsOf(request.url);
    if (allowed.length > 0) {
      const refusal = httpError('METHOD_NOT_ALLOWED', `This address accepts ${allowed.join(', ')}.`);
      return sendProblem(env.logger, refusal, request, reply.header('allow', allowed.join(', ')));
    }
    return sendProblem(env.logger, httpError('NOT_FOUND', 'There is nothing at this address.'), request, reply);
  });
  return app;
}

function createContext({ service, turbulence = [], analysis = createAnalysis(service) }: ServerOptions): RouteContext {
  const { bus, pool, processes } = service;
  const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string };
  const details = new BatchDetails(pool, bus.env, processes);
  const activity = new Activity(pool, bus.env);
  const overview = createOverview(pool, bus.env, activity);
  const verdicts = new Verdicts(pool, bus.env, analysis);
  const events = new BatchEvents({ env: bus.env, details, verdicts });
  return { ...service, version, turbulence, details, activity, overview, events, analysis, verdicts };
}
