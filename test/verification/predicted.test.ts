// What is predicted is what happens: for many seeds and behaviors the preview equals the observed counts, by step, fault and ending,
// and the verdict, which replays every process, passes.

import { expect, test } from 'vitest';
import type { ProcessBehavior } from '../../src/chaos/behavior.ts';
import { openVerdictLab, predictStatements } from './lab.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => `seed-${index}`);
const COUNT = Number(process.env.FAULTLINE_PREDICTED_COUNT ?? 60);

const BEHAVIORS: Record<string, ProcessBehavior> = {
  transient: {
    query: { fail_transient_pct: 30 },
    aggregation: { fail_transient_pct: 30 },
    render: { fail_transient_pct: 60 },
  },
  'five percent of each': Object.fromEntries(
    ['query', 'aggregation', 'render'].map((step) => [
      step,
      { fail_permanent_pct: 5, fail_transient_pct: 5, fail_business_rule_pct: 5, timeout_pct: 2 },
    ]),
  ),
  refused: { query: { fail_business_rule_pct: 10 }, render: { fail_business_rule_pct: 20, fail_permanent_pct: 50 } },
  'the nastier ones': {
    query: { duplicate_pct: 20, corrupt_reply_pct: 10, fail_first_attempts: 1 },
    aggregation: { crash_pct: 3, lost_ack_pct: 3, connection_lost_pct: 20 },
    render: { corrupt_reply_pct: 30, max_duration_ms: 10, duration_shape: 'lognormal' },
  },
  'nothing but a delay': { query: { min_duration_ms: 1, max_duration_ms: 5 } },
};

const lab = await openVerdictLab();
await lab.work({ slots: 100 });

test.each(Object.keys(BEHAVIORS))(
  '%s: predicted equals observed for every seed, and the verdict passes',
  async (name) => {
    const behavior = BEHAVIORS[name] as ProcessBehavior;
    const batches = await Promise.all(
      SEEDS.map(async (seed) => ({ seed, batch_id: await lab.launch({ seed, count: COUNT, behavior }) })),
    );
    for (const { seed, batch_id } of batches) {
      const rest = await lab.untilRest(batch_id);
      const { expected, steps, exact } = await predictStatements(lab.analysis, { seed, count: COUNT, behavior });
      expect(exact).toBe(true);
      expect({ seed, ...rest }).toEqual({
        seed,
        completed_count: expected.completed,
        compensated_count: expected.compensated,
        failed_count: expected.failed,
        canceled_count: 0,
        in_troubleshooting_count: expected.in_troubleshooting,
      });
      const { rows } = await lab.database.pool.query<{
        step: string;
        outcome: string;
        fault: string | null;
        count: number;
      }>(
        `select a.step, a.outcome, a.fault, count(*)::int as count from faultline.attempt a
       where a.batch_id = $1 and a.purpose = 'step' group by 1, 2, 3`,
        [batch_id],
      );
      for (const [step, tally] of Object.entries(steps)) {
        const of = (match: (row: (typeof rows)[number]) => boolean) =>
          rows.filter((row) => row.step === step && match(row)).reduce((sum, { count }) => sum + count, 0);
        expect([seed, step, of(() => true)]).toEqual([seed, step, tally.attempts]);
        for (const outcome of ['success', 'transient', 'permanent', 'business_rule'] as const)
          expect([seed, step, outcome, of((row) => row.outcome === outcome)]).toEqual([
            seed,
            step,
            outcome,
            tally[outcome],
          ]);
        for (const [fault, count] of Object.entries(tally.injected))
          expect([seed, step, fault, of((row) => row.fault === fault)]).toEqual([seed, step, fault, count]);
      }
      const { verdict, details } = await lab.verify(batch_id);
      expect({ seed, verdict, details }).toEqual({ seed, verdict: 'pass', details: [] });
    }
  },
  300_000,
);
