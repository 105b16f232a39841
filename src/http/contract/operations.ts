// Dashboard, workers, configuration and health.

import { z } from 'zod';
import { TURBULENCE_KINDS } from '../../chaos/experiment.ts';
import { PROCESS_STATUSES } from '../../model/process.ts';
import { count, documentOut, idSchema, throughputSlices, time, timeOrNull } from './fields.ts';
import { shownSettingsSchema } from './settings.ts';

export const overviewSchema = z.object({
  batches: z.object({ open: count, total: count }),
  /** Processes by status, over open batches and standalone processes; ended ones over all. */
  processes: z.record(z.enum(PROCESS_STATUSES), count),
  backlog: count,
  in_progress: count,
  in_troubleshooting: count,
  /** Attempts ended per second and their duration percentiles over the last minute. */
  attempts_per_second: z.number(),
  latency_ms: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
  tsq_groups: z.array(z.object({ error_group: z.string(), count: count, injected: z.boolean() })),
});
export type Overview = z.infer<typeof overviewSchema>;

export const throughputQuerySchema = z.strictObject({
  /** How far back, in seconds. */
  window_s: z.coerce.number().int().min(10).max(3600).default(60),
});

export const throughputSchema = z.object({
  slice_ms: count,
  items: throughputSlices,
});
export type Throughput = z.infer<typeof throughputSchema>;

export const workerSchema = z.object({
  worker_id: idSchema,
  name: z.string(),
  pid: count,
  domains: z.array(z.string()),
  /** Over its domains. */
  slots: count,
  in_flight: count,
  hanging: count,
  by_domain: z.record(z.string(), z.object({ slots: count, in_flight: count })),
  settled_count: count,
  settled_per_second: z.number(),
  /** The health at its last heartbeat. Failures of handlers do not affect it. */
  health: z.enum(['HEALTHY', 'DEGRADED', 'CRITICAL']),
  health_reason: z.string().nullable(),
  rss_bytes: count.nullable(),
  /** The delay of its timers, 99th percentile. */
  loop_delay_ms: z.number().nullable(),
  /** DEAD: no heartbeat for 15 s. */
  status: z.enum(['RUNNING', 'DRAINING', 'STOPPED', 'DEAD']),
  started_at: time,
  heartbeat_at: time,
});
export type Worker = z.infer<typeof workerSchema>;
export const workersSchema = z.object({ items: z.array(workerSchema) });

export const configSchema = z.object({
  version: z.string(),
  lanes: count,
  process_types: z.array(
    z.object({
      type: z.string(),
      version: count,
      domain: z.string(),
      steps: z.array(z.object({ key: z.string(), command: z.string(), compensated: z.boolean() })),
      /** JSON Schema of the launch input. */
      input: documentOut,
    }),
  ),
  /** The defaults of launches and sends, from the application and the settings. */
  defaults: z.object({
    process_type: z.string().nullable(),
    command: z.object({ domain: z.string(), type: z.string() }).nullable(),
    retry: z.object({
      max_attempts: count,
      backoff_ms: z.array(count),
      jitter_pct: count,
    }),
    lease_ms: count,
    max_batch_count: count,
    max_lease_losses: count,
  }),
  /** By path. An option of a process (`faultline work --slots`) takes precedence. */
  settings: shownSettingsSchema,
  settings_changed_at: timeOrNull,
  /** The kinds of turbulence that a batch may ask for; none without a supervisor. */
  turbulence: z.array(z.enum(TURBULENCE_KINDS)),
});
export type Config = z.infer<typeof configSchema>;

export const healthSchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.string()),
  /** If ready. The same for all services on one database of one running PostgreSQL. */
  database_id: z.string().optional(),
});
export type Health = z.infer<typeof healthSchema>;
