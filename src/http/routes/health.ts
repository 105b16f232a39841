// Health: live as long as it answers, ready while the database is there, migrated, and can be written.

import { assertMigrated } from '../../db/migrate.ts';
import { isRetryable, type Pool } from '../../db/pool.ts';
import { isReadOnly } from '../../db/queries/server.ts';
import { FaultlineError } from '../../model/errors.ts';
import { healthSchema } from '../contract.ts';
import type { App, RouteContext } from '../server.ts';

export function healthRoutes(api: App, { pool, bus }: RouteContext): void {
  api.get(
    '/health/live',
    { schema: { tags: ['operations'], summary: 'Does the service answer?', response: { 200: healthSchema } } },
    () => ({ status: 'ok' as const, checks: {} }),
  );

  api.get(
    '/health/ready',
    {
      schema: {
        tags: ['operations'],
        summary: 'Is the database there, migrated, and can be written?',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const failed = await failedCheck(pool);
      if (failed === null) return { status: 'ok' as const, checks: { database: 'ok', schema: 'ok' } };
      bus.env.logger.warn({ err: failed.error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable', checks: failed.checks });
    },
  );
}

/** Which check failed, without what the database said of itself. */
async function failedCheck(pool: Pool) {
  try {
    await assertMigrated(pool);
    if (!(await isReadOnly(pool))) return null;
    const error = new Error('The database is read-only.');
    return { error, checks: { database: 'is read-only', schema: 'ok' } };
  } catch (error) {
    if (error instanceof FaultlineError) return { error, checks: { database: 'ok', schema: error.message } };
    const database = isRetryable(error) ? 'does not answer' : 'refuses';
    return { error, checks: { database, schema: 'unknown' } };
  }
}
