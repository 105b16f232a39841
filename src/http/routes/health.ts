// Health: live as long as it answers, ready while the database is there and migrated.

import { assertMigrated } from '../../db/migrate.ts';
import { isRetryable } from '../../db/pool.ts';
import { readDatabaseId } from '../../db/queries/server.ts';
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
        summary: 'Is the database there, and migrated?',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      let database_id = '';
      const failed = await failedCheck(async () => {
        await assertMigrated(pool);
        database_id = await readDatabaseId(pool);
      });
      if (failed === null) return { status: 'ok' as const, checks: { database: 'ok', schema: 'ok' }, database_id };
      bus.env.logger.warn({ err: failed.error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable', checks: failed.checks });
    },
  );
}

/** Which check failed, without what the database said of itself. */
async function failedCheck(check: () => Promise<void>) {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof FaultlineError) return { error, checks: { database: 'ok', schema: error.message } };
    const database = isRetryable(error) ? 'does not answer' : 'refuses';
    return { error, checks: { database, schema: 'unknown' } };
  }
}
