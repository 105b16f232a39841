// The service itself: what it knows and who works for it.

import { z } from 'zod';
import { listWorkers } from '../../db/queries/read-workers.ts';
import { MAX_BATCH_COUNT } from '../../model/process.ts';
import { DEFAULT_LEASE_MS, DEFAULT_RETRY, MAX_LEASE_LOSSES } from '../../model/retry.ts';
import type { AnyProcessDefinition } from '../../process/define.ts';
import { type Config, configSchema, workersSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';
import type { App, RouteContext } from '../server.ts';
import { toWire } from '../wire.ts';

export function operationRoutes(api: App, { bus, pool, processes, version }: RouteContext): void {
  const config: Config = {
    version,
    lanes: bus.lanes,
    process_types: processes.all().map(showDefinition),
    defaults: {
      retry: DEFAULT_RETRY,
      lease_ms: DEFAULT_LEASE_MS,
      max_batch_count: MAX_BATCH_COUNT,
      max_lease_losses: MAX_LEASE_LOSSES,
    },
  };

  api.get(
    '/config',
    {
      schema: {
        tags: ['operations'],
        summary: 'Process types, their steps and inputs, and the defaults',
        response: { 200: configSchema, ...problemResponse },
      },
    },
    () => config,
  );

  api.get(
    '/workers',
    {
      schema: {
        tags: ['operations'],
        summary: 'Workers that live, or stopped or died within the last hour',
        response: { 200: workersSchema, ...problemResponse },
      },
    },
    async () => ({ items: (await listWorkers(pool)).map((worker) => toWire(worker)) }),
  );
}

function showDefinition({
  type,
  version,
  domain,
  steps,
  input,
}: AnyProcessDefinition): Config['process_types'][number] {
  return {
    type,
    version,
    domain,
    steps: steps.map(({ key, command, compensate }) => ({ key, command, compensated: compensate !== undefined })),
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
  };
}
