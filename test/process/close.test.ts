// A service that is closed comes to its end, whatever its application holds.

import { expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { openService } from '../../src/process/service.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

test('a connection that a handler never gives back keeps a service from nothing: it closes', async () => {
  const database = await createTestDatabase();
  await migrate(database.pool);
  const service = await openService({
    url: database.url,
    env: createEnv(silentLogger),
    application: { name: 'holding', processes: [], register: () => {} },
    data_dir: '',
  });
  const held = await service.context.pool.connect();
  let closed = false;
  const closing = service.close().then(() => {
    closed = true;
  });
  try {
    await until('it is closed', () => closed);
    expect(service.context.pool.totalCount).toBe(1);
  } finally {
    held.release();
    await closing;
  }
});
