// StatementReport: a bank statement in three steps, query, aggregation and render, each with its compensation.

import { defineProcess, type StartContext } from 'faultline';
import { processBehaviorSchema } from 'faultline/chaos';
import { z } from 'zod';
import type { ArtifactOwner } from './artifact-paths.ts';
import { ACCOUNT_COUNT, ACCOUNTS_PER_CUSTOMER, CUSTOMER_COUNT, ibanOfAccount } from './seed/generate.ts';

export const REPORTING_DOMAIN = 'reporting';

export const STEP_KEYS = ['query', 'aggregation', 'render'] as const;
export type StepKey = (typeof STEP_KEYS)[number];

export const OUTPUT_TYPES = ['pdf', 'html', 'csv'] as const;

/** A statement has a line for every month. */
const MAX_PERIOD_DAYS = 3660;
const DAY_MS = 86_400_000;

export const statementInputSchema = z
  .strictObject({
    // `abort`: without two valid days the check of the period makes no sense.
    from_date: z.iso.date({ abort: true }).describe('First day of the statement'),
    to_date: z.iso.date({ abort: true }).describe('Last day of the statement, included'),
    output_type: z.enum(OUTPUT_TYPES),
    account_count: z.int().min(1).max(100).default(ACCOUNTS_PER_CUSTOMER).describe('Accounts in each statement'),
  })
  .superRefine(({ from_date, to_date }, context) => {
    const days = (Date.parse(to_date) - Date.parse(from_date)) / DAY_MS;
    const message =
      days < 0
        ? 'must not be before from_date'
        : days > MAX_PERIOD_DAYS
          ? `must be at most ${MAX_PERIOD_DAYS} days after from_date`
          : null;
    if (message) context.addIssue({ code: 'custom', path: ['to_date'], message });
  });

export const statementStateSchema = z.object({
  from_date: z.string(),
  to_date: z.string(),
  /** IBANs. */
  account_list: z.array(z.string()),
  output_type: z.enum(OUTPUT_TYPES),
  query_result_path: z.string().optional(),
  aggregated_data_path: z.string().optional(),
  rendered_file_path: z.string().optional(),
  /** Added by the launcher: one CommandBehavior per step. */
  behavior: processBehaviorSchema(STEP_KEYS).nullish(),
});
export type StatementReportState = z.output<typeof statementStateSchema>;

const IBANS = Array.from({ length: ACCOUNT_COUNT }, (_, index) => ibanOfAccount(index + 1));

/**
 * The accounts of the process at `ordinal`: `count` neighbours with a different start for each ordinal. From three
 * accounts on they start at a customer's first account, so that the default is the combined statement of one customer.
 */
export function accountsOf(ordinal: number, count: number): string[] {
  // The strides are coprime to the counts: every start is used before one repeats.
  const first =
    count < ACCOUNTS_PER_CUSTOMER
      ? (ordinal * 389) % ACCOUNT_COUNT
      : ((ordinal * 97) % CUSTOMER_COUNT) * ACCOUNTS_PER_CUSTOMER;
  return Array.from({ length: count }, (_, offset) => IBANS[(first + offset) % ACCOUNT_COUNT] as string);
}

export const StatementReport = defineProcess({
  type: 'StatementReport',
  version: 1,
  domain: REPORTING_DOMAIN,
  input: statementInputSchema,
  state: statementStateSchema,
  start: (input, context: StartContext): StatementReportState => ({
    from_date: input.from_date,
    to_date: input.to_date,
    account_list: accountsOf(context.ordinal, input.account_count),
    output_type: input.output_type,
  }),
  steps: [
    {
      key: 'query',
      command: 'StatementQuery',
      request: requestOf,
      onReply: (state, reply) => ({ ...state, query_result_path: resultPathOf(reply) }),
      compensate: discard('query'),
    },
    {
      key: 'aggregation',
      command: 'StatementDataAggregation',
      request: (state, owner) => ({
        ...requestOf(state, owner),
        query_result_path: state.query_result_path,
      }),
      onReply: (state, reply) => ({ ...state, aggregated_data_path: resultPathOf(reply) }),
      compensate: discard('aggregation'),
    },
    {
      key: 'render',
      command: 'StatementRender',
      request: (state, owner) => ({
        ...requestOf(state, owner),
        query_result_path: state.query_result_path,
        aggregated_data_path: state.aggregated_data_path,
        output_type: state.output_type,
      }),
      onReply: (state, reply) => ({ ...state, rendered_file_path: resultPathOf(reply) }),
      compensate: discard('render'),
    },
  ],
});

/** Common to the payloads of all steps. */
function requestOf(
  { from_date, to_date, account_list }: Readonly<StatementReportState>,
  { process_id, batch_id, ordinal }: ArtifactOwner,
) {
  return { process_id, batch_id, ordinal, from_date, to_date, account_list };
}

function discard(step: StepKey) {
  return {
    command: 'DiscardArtifact',
    request: (_state: Readonly<StatementReportState>, { process_id, batch_id, ordinal }: ArtifactOwner) => ({
      process_id,
      batch_id,
      ordinal,
      step,
    }),
  };
}

/** Undefined when an operator completed the step with another result. */
function resultPathOf({ result }: { result?: unknown }): string | undefined {
  const path = (result as { result_path?: unknown } | null | undefined)?.result_path;
  return typeof path === 'string' ? path : undefined;
}
