// A process that is nothing like StatementReport: five steps, a branch, a loop, and compensations for two of them. No word of chaos.

import { z } from 'zod';
import type { Application } from '../../src/process/application.ts';
import { defineProcess } from '../../src/process/define.ts';

const scored = z.object({ score: z.number() });

export const onboarding = defineProcess({
  type: 'Onboarding',
  version: 3,
  domain: 'onboarding',
  input: z.strictObject({ country: z.string() }),
  state: z.looseObject({
    country: z.string(),
    applicant: z.number(),
    scores: z.array(z.number()),
    checked: z.boolean(),
    account: z.string().optional(),
  }),
  start: ({ country }, { ordinal }) => ({ country, applicant: ordinal, scores: [], checked: false }),
  steps: [
    {
      key: 'apply',
      command: 'TakeApplication',
      request: ({ applicant, country }) => ({ applicant, country }),
      compensate: { command: 'WithdrawApplication', request: ({ applicant }) => ({ applicant }) },
    },
    {
      key: 'score',
      command: 'Score',
      request: ({ applicant, checked }) => ({ applicant, checked }),
      onReply: (state, { result }) => ({ ...state, scores: [...state.scores, scored.parse(result).score] }),
      next: ({ scores, checked }) => ((scores.at(-1) ?? 0) >= 5 || checked ? 'open' : 'check'),
    },
    {
      key: 'check',
      command: 'CheckByHand',
      request: ({ applicant }) => ({ applicant }),
      onReply: (state) => ({ ...state, checked: true }),
      next: () => 'score',
    },
    {
      key: 'open',
      command: 'OpenAccount',
      request: ({ applicant }) => ({ applicant }),
      onReply: (state, { result }) => ({ ...state, account: String((result as { account?: string } | null)?.account) }),
      compensate: { command: 'CloseAccount', request: ({ account }) => ({ account }) },
    },
    { key: 'welcome', command: 'Welcome', request: ({ account }) => ({ account }) },
  ],
});

export const onboardingApplication: Application = {
  name: 'onboarding',
  processes: [onboarding],
  register(registry) {
    registry.register<{ applicant: number; checked: boolean }>('onboarding', 'Score', ({ applicant, checked }) => ({
      score: checked ? 10 : applicant % 10,
    }));
    registry.register<{ applicant: number }>('onboarding', 'OpenAccount', ({ applicant }) => ({
      account: `A${applicant}`,
    }));
    for (const type of ['TakeApplication', 'WithdrawApplication', 'CheckByHand', 'CloseAccount', 'Welcome'])
      registry.register('onboarding', type, () => ({}));
  },
};
