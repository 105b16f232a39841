// The service itself: its configuration and its workers.

import { z } from 'zod';
import { INTERNAL_DOMAIN } from '../../bus/bus.ts';
import { changeSettings, showSettings } from '../../bus/settings.ts';
import { listWorkers, type WorkerRecord } from '../../db/queries/read-workers.ts';
import { readSettings, type StoredSettings } from '../../db/queries/settings.ts';
import { LIMITS } from '../../model/limits.ts';
import { MAX_LEASE_LOSSES } from '../../model/retry.ts';
import { settingsOf } from '../../model/settings.ts';
import { defaultProcessType } from '../../process/application.ts';
import type { AnyProcessDefinition } from '../../process/define.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'operations';

export function operationRoutes(api: App, context: RouteContext): void {
  const { bus, pool, processes, application, version, turbulence } = context;
  const process_types = processes.all().map(showDefinition);

  /** From the settings as stored, which this process may not have read yet. */
  const showConfig = (stored: StoredSettings): wire.Config => {
    const { retry, lease_ms } = settingsOf(stored.value);
    return {
      version,
      lanes: bus.lanes,
      process_types,
      defaults: {
        process_type: defaultProcessType(application),
        command: application.default_command ?? null,
        retry,
        lease_ms,
        max_batch_count: LIMITS.batch_count.max,
        max_lease_losses: MAX_LEASE_LOSSES,
      },
      settings: showSettings(stored),
      settings_changed_at: stored.updated_at?.toISOString() ?? null,
      turbulence: [...turbulence],
    };
  };

  api.get(
    '/config',
    route(tag, 'Read process types with their steps and inputs, settings and defaults', wire.configSchema),
    async () => showConfig(await readSettings(pool)),
  );

  api.put(
    '/config',
    route(tag, 'Change settings; every process applies them within a second', wire.configSchema, {
      body: wire.settingsPatchSchema,
    }),
    async ({ body: { actor, ...patch } }) => showConfig(await changeSettings(bus, patch, operatorOf({ actor }))),
  );

  api.get(
    '/workers',
    route(tag, 'List workers that are alive, or stopped or died within the last hour', wire.workersSchema),
    async () => ({ items: (await listWorkers(pool)).map(showWorker) }),
  );
}

function showDefinition({
  type,
  version,
  domain,
  steps,
  input,
}: AnyProcessDefinition): wire.Config['process_types'][number] {
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
