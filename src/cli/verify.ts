// faultline verify, faultline report: the verdict on a batch, check by check, and all there is to say about it.
// The exit code is the verdict: 0 it passed, 1 it failed, 2 it is not at rest, or could not be verified.

import { writeFile } from 'node:fs/promises';
import type { Report, Verdict } from '../http/contract.ts';
import { CliError, type ExitCode } from '../supervisor/exit.ts';
import { renderReport } from '../verification/index.ts';
import type { Client } from './client.ts';
import { tellError } from './explain.ts';
import { jsonText, printJson, printTable, printText, remark, say } from './print.ts';
import type { SelfTestOptions } from './self-test.ts';
import { awaitVerdict, isAtRest, readBatch, readVerdict, waitForBatch } from './wait-for-batch.ts';

const VERDICT_EXIT = { pass: 0, fail: 1, running: 2 } as const satisfies Record<Verdict['verdict'], ExitCode>;
const NOT_VERIFIED: ExitCode = 2;
/** Of a failed check; all of the first hundred stand in the JSON. */
const VIOLATIONS_SHOWN = 10;

export interface VerifyFlags {
  wait: boolean;
  json: boolean;
}

export function verify(client: Client, id: string, flags: VerifyFlags): Promise<ExitCode> {
  return verified(async () => {
    const verdict = await verdictOf(client, id, flags);
    if (flags.json) printJson(verdict);
    else printVerdict(verdict);
    return VERDICT_EXIT[verdict.verdict];
  });
}

/** One that was stored before is not believed: rows and documents may have been touched since. */
async function verdictOf(client: Client, id: string, { wait, json: silent }: VerifyFlags): Promise<Verdict> {
  const rested = isAtRest(await readBatch(wait ? client.patient() : client, id));
  if (wait) await waitForBatch(client, id, silent);
  if (rested) {
    const verdict = await readVerdict(client, id, silent, { method: 'POST', patient: wait });
    // It may have been given work again between the two.
    if (!wait || verdict.verdict !== 'running') return verdict;
  }
  return wait ? (await awaitVerdict(client, id, silent)).verdict : readVerdict(client, id, silent);
}

/** The oracle verified, on a database of its own: 0 when every broken variant was told, 1 when one was not. */
export function verifyItself(options: SelfTestOptions): Promise<ExitCode> {
  return verified(async () => {
    const { selfTest } = await import('./self-test.ts');
    return selfTest(options);
  });
}

export interface ReportFlags {
  wait: boolean;
  format: 'json' | 'markdown';
  out?: string;
}

export function report(client: Client, id: string, { wait, format, out }: ReportFlags): Promise<ExitCode> {
  return verified(async () => {
    // Progress goes to stderr, and so not into the report.
    const asking = wait ? client.patient() : client;
    if (isAtRest(await readBatch(asking, id))) await readVerdict(client, id, false, { method: 'POST', patient: wait });
    else if (wait) await awaitVerdict(client, id, false);
    const document = await asking.get<Report>(`/process-batches/${encodeURIComponent(id)}/report`);
    const text = format === 'json' ? jsonText(document) : renderReport(document);
    if (out === undefined) printText(text);
    else {
      await write(out, text);
      remark(`Verdict: ${document.verdict}. The report is in ${out}.`);
    }
    return VERDICT_EXIT[document.verdict];
  });
}

/** Whatever keeps a batch from being verified is neither a pass nor a fail. */
async function verified(work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw new CliError(error.message, NOT_VERIFIED, error);
    tellError(error);
    return NOT_VERIFIED;
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new CliError(`${path} cannot be written (${why}).`, NOT_VERIFIED, error);
  }
}

function printVerdict({ verdict, checks }: Verdict): void {
  printTable(
    ['check', 'status', 'checked', 'violations', 'rule'],
    checks.map(({ name, status, checked, violations, rule, note }) => [
      name,
      status,
      checked,
      violations,
      note === null ? rule : `${rule} (${note})`,
    ]),
  );
  for (const { name, violations, violating_ids, details } of checks.filter(({ status }) => status === 'fail')) {
    say('');
    say(`${name}: ${violations} ${violations === 1 ? 'violation' : 'violations'}`);
    for (const line of details.slice(0, VIOLATIONS_SHOWN)) say(`  ${line}`);
    const told = details.join('\n');
    const others = violating_ids.filter((id) => !told.includes(id)).slice(0, VIOLATIONS_SHOWN - details.length);
    for (const id of others) say(`  ${id}`);
  }
  say('');
  say(verdict === 'running' ? 'Not at rest yet: only light checks were made.' : `Verdict: ${verdict}`);
}
