// The description of the API: OpenAPI 3.1 at /api/docs/json, made from the schemas that validate requests,
// and a page at /api/docs to read and try it, which loads nothing from other hosts.

import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import * as wire from './contract.ts';

/** The schemas of answers that the description refers to by name. */
const NAMED = {
  Attempt: wire.attemptSchema,
  AuditEvent: wire.auditEventSchema,
  Batch: wire.batchSchema,
  BatchDetail: wire.batchDetailSchema,
  Config: wire.configSchema,
  Health: wire.healthSchema,
  LaunchAnswer: wire.launchAnswerSchema,
  Overview: wire.overviewSchema,
  Problem: wire.problemSchema,
  Process: wire.processSchema,
  ProcessDetail: wire.processDetailSchema,
  ProcessStep: wire.processStepSchema,
  StepFunnel: wire.stepFunnelSchema,
  Throughput: wire.throughputSchema,
  TsqItem: wire.tsqItemSchema,
  VerbAnswer: wire.verbAnswerSchema,
  Worker: wire.workerSchema,
};

const TAGS = {
  launching: 'Launch processes, with or without chaos',
  batches: 'Batches of processes',
  processes: 'Single processes',
  chaos: 'The chaos lab: behaviors, profiles and the kill switch',
  commands: 'Single commands',
  'command batches': 'Batches of commands',
  replies: 'Replies to senders',
  troubleshooting: 'Commands that need an operator',
  audit: 'Every change of state, in order of time',
  operations: 'The service itself',
};

/** Describes the routes that are registered after it. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  const schemaRegistry = z.registry<{ id?: string }>();
  for (const [id, schema] of Object.entries(NAMED)) schemaRegistry.add(schema, { id });
  const named = createJsonSchemaTransformObject({ schemaRegistry });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Faultline',
        version,
        description:
          'Runs multi-step processes on PostgreSQL and proves that they survive failure. Errors are application/problem+json with a stable code.',
      },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: (document) => withoutInputs(named(document)),
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: { deepLinking: true, docExpansion: 'list' },
    theme: { title: 'Faultline API' },
  });
}

type ApiDocument = ReturnType<SwaggerTransformObject>;

/** The named schemas are those of answers; the transform adds each a second time, for requests. */
function withoutInputs(document: ApiDocument): ApiDocument {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = Object.entries(components?.schemas ?? {}).filter(([id]) => !id.endsWith('Input'));
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } } as ApiDocument;
}
