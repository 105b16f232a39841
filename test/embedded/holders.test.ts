// The port of an embedded PostgreSQL.

import { afterEach, expect, test, vi } from 'vitest';
import { findFreePort } from '../../src/embedded/holders.ts';

afterEach(() => vi.restoreAllMocks());

test('a free port is never the reserved one, though that is free as well', async () => {
  const reserved = await findFreePort();
  const draw = (reserved - 20_000 + 0.5) / 12_000;
  vi.spyOn(Math, 'random').mockReturnValueOnce(draw).mockReturnValueOnce(draw);
  expect(await findFreePort(reserved)).not.toBe(reserved);
});
