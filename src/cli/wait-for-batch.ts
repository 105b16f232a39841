// Waits for a batch: its progress until it is at rest, then its verdict. Interrupting the wait changes nothing.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, BatchDetail, Verdict, VerdictProgress } from '../http/contract.ts';
import { isBatchAtRest } from '../model/process.ts';
import { type Client, LONG_TIMEOUT_MS } from './client.ts';
import { createProgress } from './print.ts';

const POLL_MS = 300;
const VERDICT_MS = 60_000;

export function readBatch(client: Client, id: string): Promise<BatchDetail> {
  return client.get(`/process-batches/${encodeURIComponent(id)}`);
}

/** Shows progress, unless `silent`, until the batch is terminal or at rest; outlasts outages. */
export async function waitForBatch(client: Client, id: string, silent: boolean): Promise<BatchDetail> {
  const reader = client.retrying();
  const progress = createProgress(silent);
  try {
    for (;;) {
      const batch = await readBatch(reader, id);
      const { total_count, in_troubleshooting_count: parked } = batch;
      progress.update('created', batch.created_count, total_count);
      const note = progressNote(parked > 0 ? [`${parked} in troubleshooting`] : [], batch);
      progress.update('ended', endedCount(batch), total_count, note);
      if (isBatchAtRest(batch.status)) return batch;
      await sleep(POLL_MS);
    }
  } finally {
    progress.stop();
  }
}

export function progressNote(
  notes: readonly string[],
  { rate_per_second, eta_ms }: { rate_per_second: number | null; eta_ms: number | null },
): string {
  const rate = rate_per_second === null ? [] : [`${Math.round(rate_per_second)}/s`];
  const eta = eta_ms === null ? [] : [`${Math.ceil(eta_ms / 1_000)} s to go`];
  return [...notes, ...rate, ...eta].join(', ');
}

export function endedCount(batch: Batch): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}

/** Shows progress, unless `silent`. `fresh`: verified again, whatever verdict is stored. `retry`: outlasts outages. */
export async function readVerdict(
  client: Client,
  id: string,
  silent: boolean,
  { fresh = false, retry = false } = {},
): Promise<Verdict> {
  const path = `/process-batches/${encodeURIComponent(id)}/verdict`;
  const ended = new AbortController();
  const showing = showVerifying(client, `${path}/progress`, silent, ended.signal);
  try {
    const reader = retry ? client.retrying() : client;
    return await (fresh ? reader.compute<Verdict>(path) : reader.get<Verdict>(path, {}, LONG_TIMEOUT_MS));
  } finally {
    ended.abort();
    await showing;
  }
}

async function showVerifying(client: Client, path: string, silent: boolean, signal: AbortSignal): Promise<void> {
  const progress = createProgress(silent);
  while (await sleep(POLL_MS, true, { signal }).catch(() => false)) {
    // The request for the verdict itself reports what goes wrong.
    const now = await client.get<VerdictProgress>(path).catch(() => null);
    if (now?.verifying && !signal.aborted) progress.update('verified', now.verified, now.total);
  }
  progress.stop();
}

/** A batch at rest and its verdict; `running` when it was reopened again and again for a minute. */
export async function awaitVerdict(
  client: Client,
  id: string,
  silent: boolean,
): Promise<{ batch: BatchDetail; verdict: Verdict }> {
  let until_ms: number | null = null;
  for (;;) {
    const batch = await waitForBatch(client, id, silent);
    until_ms ??= performance.now() + VERDICT_MS;
    const verdict = await readVerdict(client, id, silent, { retry: true });
    if (verdict.verdict !== 'running' || performance.now() > until_ms) return { batch, verdict };
    await sleep(POLL_MS);
  }
}
