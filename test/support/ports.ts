// Ports for servers that a test starts: never one that an embedded PostgreSQL may choose, which draws from 20000 to 32000.
// Each worker of the test run has its own thousand, so test files that run at the same time never choose the same port.

import { isPortFree } from '../../src/embedded/holders.ts';

const FIRST = 10_000;
const WORKERS = 10;
const PORTS_PER_WORKER = 1_000;

export async function findTestPort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
  for (;;) {
    const port = FIRST + worker * PORTS_PER_WORKER + Math.floor(Math.random() * PORTS_PER_WORKER);
    if (await isPortFree(port)) return port;
  }
}
