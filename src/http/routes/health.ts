// Health: live while the service answers; ready while the database is available, migrated and writable.

import { assertMigrated } from '../../db/migrate.ts';
import { isRetryable, type Pool } from '../../db/pool.ts';
import { isReadOnly, readDatabaseId } from '../../db/queries/server.ts';
import { FaultlineError } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';

export function healthRoutes(api: App, { pool, bus }: RouteContext): void {
  api.get(
    '/health/live',
    {
      schema: { tags: ['operations'], summary: 'Check that the service answers', response: { 200: wire.healthSchema } },
    },
    () => ({ status: 'ok' as const, checks: {} }),
  );

  api.get(
    '/health/ready',
    {
      schema: {
        tags: ['operations'],
        summary: 'Check that the database is available, migrated and writable',
        response: { 200: wire.healthSchema, 503: wire.healthSchema },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const found = await checkDatabase(pool);
      if ('database_id' in found) return { status: 'ok' as const, checks: { database: 'ok', schema: 'ok' }, ...found };
      bus.env.logger.warn({ err: found.error }, 'not ready');
      return reply.code(503).send({ status: 'unavailable', checks: found.checks });
    },
  );
}

/** Which database it is, or which check failed, without the message of the database. */
async function checkDatabase(pool: Pool) {
  try {
    await assertMigrated(pool);
    if (!(await isReadOnly(pool))) return { database_id: await readDatabaseId(pool) };
    const error = new Error('The database is read-only.');
    return { error, checks: { database: 'is read-only', schema: 'ok' } };
  } catch (error) {
    if (error instanceof FaultlineError) return { error, checks: { database: 'ok', schema: error.message } };
    const database = isRetryable(error) ? 'does not answer' : 'refuses';
    return { error, checks: { database, schema: 'unknown' } };
  }
}
