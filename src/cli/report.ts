// faultline report: one document about a batch, with configuration, prediction, faults, observations and check results.

import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Report } from '../http/contract.ts';
import { isBatchAtRest } from '../model/process.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { renderReport } from '../verification/index.ts';
import { type Client, onServer } from './client.ts';
import { jsonText, printText, remark } from './print.ts';
import { VERDICT_EXIT, VERDICT_HELP, WAIT } from './verify.ts';
import { awaitVerdict, readBatch, readVerdict } from './wait-for-batch.ts';

export function register(program: Command): void {
  onServer(
    program
      .command('report <batch_id>')
      .description('everything known about a batch: predicted, injected, observed, checked, recovered')
      .option(...WAIT)
      .addOption(
        new Option('--format <format>', 'for people or for programs').choices(['markdown', 'json']).default('markdown'),
      )
      .option('--out <file>', 'write to this file instead of stdout')
      .addHelpText('after', VERDICT_HELP),
    report,
  );
}

interface ReportFlags {
  wait: boolean;
  json: boolean;
  format: 'json' | 'markdown';
  out?: string;
}

export async function report(client: Client, id: string, { wait, json, format, out }: ReportFlags): Promise<ExitCode> {
  const reader = wait ? client.retrying() : client;
  const { status } = await readBatch(reader, id);
  if (isBatchAtRest(status)) await readVerdict(client, id, false, { fresh: true, retry: wait });
  else if (wait) await awaitVerdict(client, id, false);
  const document = await reader.get<Report>(`/process-batches/${encodeURIComponent(id)}/report`);
  const text = json || format === 'json' ? jsonText(document) : renderReport(document);
  if (out === undefined) printText(text);
  else {
    await writeFile(out, text, { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      throw new CliError(`${out} cannot be written (${error.code}).`, EXIT.failed, error);
    });
    remark(`Verdict: ${document.verdict}. The report is in ${out}.`);
  }
  return VERDICT_EXIT[document.verdict];
}
