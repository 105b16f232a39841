// The handlers of StatementReport: read the ledger, aggregate, render, and discard what was stored.
// Every attempt writes the same bytes over those of an earlier one, and stores nothing once its lease is lost.

import { BusinessRuleError, type HandlerContext, PermanentCommandError, type Pool } from 'faultline';
import { z } from 'zod';
import { type ArtifactOwner, artifactFolder, artifactPath } from './artifact-paths.ts';
import type { ArtifactStore } from './artifacts.ts';
import { readMovements } from './ledger.ts';
import { countTransactions, decodeMovements, encodeMovements } from './movements.ts';
import { OUTPUT_TYPES, STEP_KEYS } from './process.ts';
import { renderCsv } from './render/csv.ts';
import { renderHtml } from './render/html.ts';
import type { Statement } from './render/letter.ts';
import { type Movements, type Summary, summarize } from './statement.ts';

const owner = { process_id: z.uuid(), batch_id: z.uuid().nullable(), ordinal: z.int().min(0) };
const queryPayload = z.object({
  ...owner,
  from_date: z.iso.date(),
  to_date: z.iso.date(),
  account_list: z.array(z.string()).min(1).max(100),
});
const aggregationPayload = queryPayload.extend({ query_result_path: z.string().optional() });
const renderPayload = aggregationPayload.extend({
  aggregated_data_path: z.string().optional(),
  output_type: z.enum(OUTPUT_TYPES),
});
const discardPayload = z.object({ ...owner, step: z.enum(STEP_KEYS) });

const RENDERERS: Record<(typeof OUTPUT_TYPES)[number], (statement: Statement) => string | Promise<Buffer>> = {
  // Loaded with the first PDF: it is half of the load time of this application, and verification renders nothing.
  pdf: async (statement) => (await import('./render/pdf.ts')).renderPdf(statement),
  html: renderHtml,
  csv: renderCsv,
};

export interface ReportingResources {
  pool: Pool;
  artifacts(): Promise<ArtifactStore>;
}

/** Methods are named like their command types. */
export class ReportingHandlers {
  readonly #pool: Pool;
  readonly #artifacts: () => Promise<ArtifactStore>;

  constructor({ pool, artifacts }: ReportingResources) {
    this.#pool = pool;
    this.#artifacts = artifacts;
  }

  /** Stores the transactions of the accounts in the period, and their balances before it. */
  async StatementQuery(payload: unknown, context: HandlerContext) {
    const ask = parsePayload(queryPayload, payload);
    const movements = await this.#readLedger(ask);
    const result_path = artifactPath(ask, 'query', 'ndjson');
    await this.#store(result_path, encodeMovements(movements), ask, 'query', context);
    return {
      result_path,
      account_count: movements.accounts.length,
      transaction_count: countTransactions(movements.accounts),
    };
  }

  /** Stores balances, totals in and out, by category and by month, for each account and overall. */
  async StatementDataAggregation(payload: unknown, context: HandlerContext) {
    const ask = parsePayload(aggregationPayload, payload);
    const summary = summarize(await this.#movementsOf(ask));
    const result_path = artifactPath(ask, 'aggregation', 'json');
    await this.#store(result_path, `${JSON.stringify(summary)}\n`, ask, 'aggregation', context);
    const { opening_balance_cents, in_cents, out_cents, closing_balance_cents, transaction_count } = summary.overall;
    return { result_path, opening_balance_cents, in_cents, out_cents, closing_balance_cents, transaction_count };
  }

  /** Stores the statement as a document. */
  async StatementRender(payload: unknown, context: HandlerContext) {
    const ask = parsePayload(renderPayload, payload);
    const movements = await this.#movementsOf(ask);
    const summary = await this.#summaryOf(ask, movements);
    context.signal.throwIfAborted();
    const contents = await RENDERERS[ask.output_type]({ movements, summary });
    const result_path = artifactPath(ask, 'render', ask.output_type);
    await this.#store(result_path, contents, ask, 'render', context);
    const { closing_balance_cents } = summary.overall;
    return { result_path, size_bytes: Buffer.byteLength(contents), closing_balance_cents };
  }

  /** The compensation of every step: deletes what it stored, if anything. */
  async DiscardArtifact(payload: unknown, { signal }: HandlerContext) {
    const ask = parsePayload(discardPayload, payload);
    const artifacts = await this.#artifacts();
    signal.throwIfAborted();
    return { discarded_count: await artifacts.discard(ask, ask.step) };
  }

  async #store(
    path: string,
    contents: string | Uint8Array,
    whose: ArtifactOwner,
    step: string,
    context: HandlerContext,
  ): Promise<void> {
    const artifacts = await this.#artifacts();
    context.signal.throwIfAborted();
    // An attempt that was killed while writing left a temporary file.
    if (context.command.attempts > 1) await artifacts.discardUnfinished(whose, step);
    await artifacts.put(path, contents, context.signal);
  }

  async #readLedger(ask: z.output<typeof queryPayload>): Promise<Movements> {
    const movements = await readMovements(this.#pool, ask);
    const found = new Set(movements.accounts.map(({ account }) => account.iban));
    const unknown = ask.account_list.filter((iban) => !found.has(iban));
    if (unknown.length > 0) {
      throw new BusinessRuleError('UNKNOWN_ACCOUNT', `The ledger has no account ${unknown.slice(0, 5).join(', ')}.`);
    }
    return movements;
  }

  /** The stored movements; from the ledger when an operator completed the query without a document. */
  async #movementsOf(ask: z.output<typeof aggregationPayload>): Promise<Movements> {
    if (ask.query_result_path === undefined) return this.#readLedger(ask);
    return decode(ask.query_result_path, await this.#load(ask, ask.query_result_path), decodeMovements);
  }

  /** The stored summary; computed when an operator completed the aggregation without a document. */
  async #summaryOf(ask: z.output<typeof renderPayload>, movements: Movements): Promise<Summary> {
    if (ask.aggregated_data_path === undefined) return summarize(movements);
    const text = await this.#load(ask, ask.aggregated_data_path);
    return decode(ask.aggregated_data_path, text, (json) => JSON.parse(json) as Summary);
  }

  async #load(whose: ArtifactOwner, path: string): Promise<string> {
    // The path came with a reply, which an operator may have written: only the process's own artifacts are read.
    if (!path.startsWith(`${artifactFolder(whose)}/`)) {
      throw new PermanentCommandError('FOREIGN_ARTIFACT', `${path} is not an artifact of process ${whose.process_id}.`);
    }
    const text = await (await this.#artifacts()).read(path);
    if (text === null) throw new PermanentCommandError('ARTIFACT_MISSING', `The artifact ${path} is not there.`);
    return text;
  }
}

function parsePayload<Schema extends z.ZodType>(schema: Schema, payload: unknown): z.output<Schema> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new PermanentCommandError('INVALID_PAYLOAD', z.prettifyError(parsed.error));
}

function decode<T>(path: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    throw new PermanentCommandError('ARTIFACT_UNREADABLE', `The artifact ${path} cannot be read: ${cause}`, { cause });
  }
}
