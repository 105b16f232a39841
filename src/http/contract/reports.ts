// How the report of a batch is asked for.

import { z } from 'zod';

export const reportQuerySchema = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });
