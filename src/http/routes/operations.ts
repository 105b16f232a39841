// The service itself: what it knows and who works for it.

import { z } from 'zod';
import { INTERNAL_DOMAIN } from '../../bus/bus.ts';
import { changeSettings, showSettings } from '../../bus/settings.ts';
import { listWorkers, type WorkerRecord } from '../../db/queries/read-workers.ts';
import { readSettings, type StoredSettings } from '../../db/queries/settings.ts';
import { LIMITS } from '../../model/limits.ts';
import { MAX_LEASE_LOSSES } from '../../model/retry.ts';
import { settingsOf } from '../../model/settings.ts';
import type { AnyProcessDefinition } from '../../process/define.ts';
import type { App, RouteContext } from '../context.ts';
import { type Config, configSchema, settingsPatchSchema, workersSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

export function operationRoutes(api: App, { bus, pool, processes, version, turbulence }: RouteContext): void {
  const process_types = processes.all().map(showDefinition);

  /** As stored now, whatever this process knows of it yet. */
  const showConfig = (stored: StoredSettings): Config => {
    const { retry, lease_ms } = settingsOf(stored.value);
    return {
      version,
      lanes: bus.lanes,
      process_types,
      defaults: { retry, lease_ms, max_batch_count: LIMITS.batch_count.max, max_lease_losses: MAX_LEASE_LOSSES },
      settings: showSettings(stored),
      settings_changed_at: stored.updated_at?.toISOString() ?? null,
      turbulence: [...turbulence],
    };
  };

  api.get(
    '/config',
    {
      schema: {
        tags: ['operations'],
        summary: 'Process types, their steps and inputs, the settings and what they default to',
        response: { 200: configSchema, ...problemResponse },
      },
    },
    async () => showConfig(await readSettings(pool)),
  );

  api.put(
    '/config',
    {
      schema: {
        tags: ['operations'],
        summary: 'Change some settings; every process follows within a second',
        body: settingsPatchSchema,
        response: { 200: configSchema, ...problemResponse },
      },
    },
    async ({ body: { actor, ...patch } }) => showConfig(await changeSettings(bus, patch, operatorOf({ actor }))),
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
    async () => ({ items: (await listWorkers(pool)).map(showWorker) }),
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

function showWorker(worker: WorkerRecord) {
  const { [INTERNAL_DOMAIN]: _own, ...by_domain } = worker.by_domain;
  return { ...toWire(worker), by_domain };
}
