// The test run: every file in its own process, one PostgreSQL for all of them, a cloned database for each.
// The condition `source` makes `faultline`, `faultline/chaos` and `faultline/http` resolve to src, so no build is needed.

import { availableParallelism } from 'node:os';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['source', ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/postgres.ts'],
    pool: 'forks',
    // Two files at a time even on a small machine: most tests wait for the database, not for the processor.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    passWithNoTests: false,
  },
});
