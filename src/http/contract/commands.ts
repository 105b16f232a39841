// Commands: sending and reading them.

import { z } from 'zod';
import { commandBehaviorSchema } from '../../chaos/behavior.ts';
import { COMMAND_STATUSES, DEADLINE_ACTIONS } from '../../model/command.ts';
import { LIMITS } from '../../model/limits.ts';
import {
  backoffSchema,
  count,
  documentOut,
  documentSchema,
  idSchema,
  nameSchema,
  pageQuery,
  queueSchema,
  time,
  timeOrNull,
  whole,
} from './fields.ts';
import { attemptSchema } from './processes.ts';

/** The fields of a command. Without a domain or a type, those of the application's default command. */
export const commandTemplateSchema = z.strictObject({
  domain: nameSchema.optional(),
  type: nameSchema.optional(),
  payload: documentSchema.optional(),
  /** Chaos for this command. */
  behavior: commandBehaviorSchema.nullish(),
  max_attempts: whole(LIMITS.max_attempts).optional(),
  backoff_ms: backoffSchema.optional(),
  jitter_pct: whole(LIMITS.jitter_pct).optional(),
  lease_ms: whole(LIMITS.lease_ms).optional(),
  /** The command is not claimed before. */
  delay_ms: whole(LIMITS.delay_ms).optional(),
  /** Lower is claimed first. */
  priority: whole(LIMITS.priority).optional(),
  correlation_id: idSchema.optional(),
  reply_to: queueSchema.optional(),
  /** From the time of sending, the delay included. */
  deadline_ms: whole(LIMITS.deadline_ms).optional(),
  on_deadline: z.enum(DEADLINE_ACTIONS).optional(),
});
export type CommandTemplate = z.input<typeof commandTemplateSchema>;

export const newCommandSchema = commandTemplateSchema.extend({
  /** Any UUID of the sender; a second command with it is refused. */
  command_id: idSchema.optional(),
});
export type NewCommand = z.input<typeof newCommandSchema>;
export const commandListSchema = z.array(newCommandSchema).min(1).max(LIMITS.request_commands.max);

export const sendAnswerSchema = z.object({ command_id: idSchema, status: z.enum(COMMAND_STATUSES) });
export type SendAnswer = z.infer<typeof sendAnswerSchema>;

export const SHOWN_PURPOSES = ['standalone', 'step', 'compensation'] as const;

export const commandsQuerySchema = z.strictObject({
  ...pageQuery,
  status: z.enum(COMMAND_STATUSES).optional(),
  domain: nameSchema.optional(),
  type: nameSchema.optional(),
  purpose: z.enum(SHOWN_PURPOSES).optional(),
  created_from: z.iso.datetime({ offset: true }).optional(),
  created_to: z.iso.datetime({ offset: true }).optional(),
  batch_id: idSchema.optional(),
  process_id: idSchema.optional(),
});
export type CommandsQuery = z.input<typeof commandsQuerySchema>;

export const commandSchema = z.object({
  command_id: idSchema,
  domain: z.string(),
  type: z.string(),
  purpose: z.enum(SHOWN_PURPOSES),
  status: z.enum(COMMAND_STATUSES),
  priority: count,
  attempts: count,
  max_attempts: count,
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  step: z.string().nullable(),
  correlation_id: idSchema.nullable(),
  reply_to: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** The injected fault of its last attempt, or null for a real outcome. */
  fault: z.string().nullable(),
  created_at: time,
  /** Not claimed before. */
  available_at: time,
  deadline_at: timeOrNull,
  settled_at: timeOrNull,
});
export type Command = z.infer<typeof commandSchema>;

export const commandDetailSchema = commandSchema.extend({
  payload: z.unknown(),
  result: z.unknown(),
  behavior: documentOut.nullable(),
  /** Attempts until it is parked: operators and interruptions raise the limit. */
  attempts_limit: count,
  interruptions: count,
  backoff_ms: z.array(count),
  jitter_pct: count,
  lease_ms: count,
  deadline_ms: count.nullable(),
  on_deadline: z.enum(DEADLINE_ACTIONS).nullable(),
  worker_id: idSchema.nullable(),
  attempt_started_at: timeOrNull,
  lease_expires_at: timeOrNull,
  error_group: z.string().nullable(),
  park_reason: z.string().nullable(),
  parked_at: timeOrNull,
  /** Every attempt, including the one in progress, oldest first. */
  history: z.array(attemptSchema),
  /** Its reply, until it is consumed. */
  reply: z.object({ reply_id: idSchema, queue: z.string(), outcome: z.string(), created_at: time }).nullable(),
  /** The address of its audit. */
  audit: z.string(),
});
export type CommandDetail = z.infer<typeof commandDetailSchema>;
