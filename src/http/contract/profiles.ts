// Profiles: named behaviors, built in or saved, and documents of them.

import { z } from 'zod';
import { documentOut, nameSchema, shortText, timeOrNull } from './fields.ts';

export const profileBodySchema = z.strictObject({
  name: shortText(100),
  description: shortText(1_000).nullish(),
  process_type: nameSchema.nullish(),
  /** By step key, a CommandBehavior each. */
  behavior: documentOut,
});
export type ProfileBody = z.infer<typeof profileBodySchema>;
export const profileSchema = z.object({
  /** The id of a saved profile, or the name of a built-in one in lower case: `flaky-network`. */
  profile_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  process_type: z.string().nullable(),
  behavior: documentOut,
  builtin: z.boolean(),
  created_at: timeOrNull,
  updated_at: timeOrNull,
});
export type Profile = z.infer<typeof profileSchema>;

/** Built-in profiles are made for the steps of a process type; without one there are none. */
export const profilesQuerySchema = z.strictObject({ process_type: nameSchema.optional() });
export const profilesSchema = z.object({ items: z.array(profileSchema) });
export const profileParamsSchema = z.object({ profile_id: z.string().min(1).max(200) });

export const PROFILES_FORMAT = 'faultline-profiles';
export const profileExportSchema = z.object({
  format: z.literal(PROFILES_FORMAT),
  version: z.literal(1),
  profiles: z.array(profileBodySchema),
});
export type ProfileExport = z.infer<typeof profileExportSchema>;
export const profileImportSchema = z.strictObject({
  format: z.literal(PROFILES_FORMAT),
  version: z.literal(1),
  profiles: z.array(z.unknown()).min(1).max(1_000),
});
export const ON_CONFLICT = ['fail', 'skip', 'replace'] as const;
export type OnConflict = (typeof ON_CONFLICT)[number];
export const profileImportQuerySchema = z.strictObject({
  /** For a profile whose name is taken: import nothing (`fail`), leave it out, or replace the other. */
  on_conflict: z.enum(ON_CONFLICT).default('fail'),
});
export const profileImportAnswerSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      /** Null if it was left out. */
      profile_id: z.string().nullable(),
      result: z.enum(['created', 'replaced', 'skipped']),
    }),
  ),
});
export type ProfileImportAnswer = z.infer<typeof profileImportAnswerSchema>;
