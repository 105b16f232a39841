// The query of a request for the report of a batch.

import { z } from 'zod';

export const reportQuerySchema = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });
