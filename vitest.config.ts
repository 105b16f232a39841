// The test run: every file in its own process, one PostgreSQL for all of them, a cloned database for each.
// The condition `source` makes `faultline`, `faultline/chaos` and `faultline/http` resolve to src, so no build is needed.
// Tests of the whole system bring their own of everything, keep every processor busy, and run after the others, one by one.

import { availableParallelism } from 'node:os';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['source', ...defaultServerConditions];
const WHOLE = ['test/system/**/*.test.ts', 'test/e2e/**/*.test.ts'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    // One seed for all random tests.
    setupFiles: ['test/support/random.ts'],
    // Limits are there to end what hangs, and long enough for a machine that is slow; nothing waits for them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: WHOLE,
          globalSetup: ['test/support/postgres.ts'],
          // Two files at a time even on a small machine: most tests wait for the database, not for the processor.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        test: { name: 'whole', include: WHOLE, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
