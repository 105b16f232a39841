// Processes, their steps, attempts and artifacts.

import { z } from 'zod';
import { DEADLINE_ACTIONS } from '../../model/command.ts';
import { PROCESS_STATUSES } from '../../model/process.ts';
import { count, documentOut, idSchema, pageQuery, time, timeOrNull } from './fields.ts';
import { cancelBodySchema } from './tsq.ts';

export const batchProcessesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(PROCESS_STATUSES).optional() });
export const processesQuerySchema = z.strictObject({
  ...pageQuery,
  status: z.enum(PROCESS_STATUSES).optional(),
  batch_id: idSchema.optional(),
});

export const processSchema = z.object({
  process_id: idSchema,
  batch_id: idSchema.nullable(),
  ordinal: count,
  process_type: z.string(),
  version: count,
  status: z.enum(PROCESS_STATUSES),
  current_step: z.string().nullable(),
  state: documentOut,
  behavior: documentOut.nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** While it waits for a reply: when its time is up. */
  deadline_at: timeOrNull,
  on_deadline: z.enum(DEADLINE_ACTIONS).nullable(),
  /** It ended without compensation. */
  keep_effects: z.boolean(),
  created_at: time,
  updated_at: time,
  completed_at: timeOrNull,
});
export type Process = z.infer<typeof processSchema>;

export const attemptSchema = z.object({
  attempt: count,
  started_at: time,
  ended_at: timeOrNull,
  /** success, transient, permanent, business_rule, lease_expired, released or canceled; null while it runs. */
  outcome: z.string().nullable(),
  effect: z.string().nullable(),
  retry_at: timeOrNull,
  reason: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** Null for a real outcome. */
  fault: z.string().nullable(),
  worker_id: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const processStepSchema = z.object({
  step: z.string(),
  purpose: z.enum(['step', 'compensation']),
  command_id: idSchema,
  type: z.string(),
  status: z.string(),
  payload: z.unknown(),
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  deadline_at: timeOrNull,
  on_deadline: z.enum(DEADLINE_ACTIONS).nullable(),
  sent_at: time,
  settled_at: timeOrNull,
  attempts: z.array(attemptSchema),
});
export type ProcessStep = z.infer<typeof processStepSchema>;

export const processDetailSchema = processSchema.extend({
  awaiting_command_id: idSchema.nullable(),
  steps: z.array(processStepSchema),
  artifacts: z.array(z.object({ step: z.string(), path: z.string(), href: z.string() })),
});
export type ProcessDetail = z.infer<typeof processDetailSchema>;

export const cancelProcessBodySchema = cancelBodySchema.extend({
  /** false: keep the effects. */
  compensate: z.boolean().default(true),
});
export type CancelProcessBody = z.input<typeof cancelProcessBodySchema>;
export const processVerbAnswerSchema = z.object({ process_id: idSchema, status: z.enum(PROCESS_STATUSES) });
export type ProcessVerbAnswer = z.infer<typeof processVerbAnswerSchema>;
