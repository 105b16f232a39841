// How the report of a batch is asked for.

import { z } from 'zod';

export const REPORT_FORMATS = ['json', 'markdown'] as const;
export const reportQuerySchema = z.strictObject({ format: z.enum(REPORT_FORMATS).default('json') });
