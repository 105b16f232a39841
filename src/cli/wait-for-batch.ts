// Waiting for a batch: its progress until it is at rest, and the verdict on it then.
// Stopping the wait stops nothing else.

import { setTimeout as pause } from 'node:timers/promises';
import type { Batch, BatchDetail, Verdict, VerdictProgress } from '../http/contract.ts';
import { isBatchAtRest } from '../model/process.ts';
import type { Client } from './client.ts';
import { createProgress, type Progress } from './print.ts';

const LOOK_EVERY_MS = 300;
const VERDICT_MS = 60_000;

export function isAtRest({ status }: Batch): boolean {
  return isBatchAtRest(status);
}

export function readBatch(client: Client, id: string): Promise<BatchDetail> {
  return client.get<BatchDetail>(`/process-batches/${encodeURIComponent(id)}`);
}

/** Shows how far it has come, unless `silent`, until it is terminal or at rest; through outages too. */
export async function waitForBatch(client: Client, id: string, silent: boolean): Promise<BatchDetail> {
  const asking = client.patient();
  const progress = createProgress(silent);
  try {
    for (;;) {
      const batch = await readBatch(asking, id);
      showProgress(batch, progress);
      if (isAtRest(batch)) return batch;
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    progress.stop();
  }
}

function showProgress(batch: BatchDetail, progress: Progress): void {
  const total = batch.total_count;
  progress.update('created', batch.created_count, total);
  const rate = batch.rate_per_second === null ? [] : [`${Math.round(batch.rate_per_second)}/s`];
  const eta = batch.eta_ms === null ? [] : [`${Math.ceil(batch.eta_ms / 1000)} s to go`];
  const parked = batch.in_troubleshooting_count > 0 ? [`${batch.in_troubleshooting_count} in troubleshooting`] : [];
  progress.update('ended', endedCount(batch), total, [...parked, ...rate, ...eta].join(', '));
}

export function endedCount(batch: Batch): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}

/** Shows how far it has come, unless `silent`, where it takes long enough to be seen. POST: given again, whatever is stored. */
export async function readVerdict(
  client: Client,
  id: string,
  silent: boolean,
  { method = 'GET', patient = false }: { method?: 'GET' | 'POST'; patient?: boolean } = {},
): Promise<Verdict> {
  const path = `/process-batches/${encodeURIComponent(id)}/verdict`;
  const progress = createProgress(silent);
  const ended = new AbortController();
  const showing = showVerifying(client, `${path}/progress`, { progress, signal: ended.signal });
  try {
    return await (patient ? client.patient() : client).await<Verdict>(path, method);
  } finally {
    ended.abort();
    await showing;
    progress.stop();
  }
}

async function showVerifying(
  client: Client,
  path: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  while (await pause(LOOK_EVERY_MS, true, { signal }).catch(() => false)) {
    // What matters is the verdict: whoever waits for that is told what goes wrong.
    const now = await client.get<VerdictProgress>(path).catch(() => null);
    if (now?.verifying && !signal.aborted) progress.update('verified', now.verified, now.total);
  }
}

/** A batch at rest and the verdict on it; `running` when it was given work again time after time for a minute. */
export async function awaitVerdict(
  client: Client,
  id: string,
  silent: boolean,
): Promise<{ batch: BatchDetail; verdict: Verdict }> {
  let until_ms: number | null = null;
  for (;;) {
    const batch = await waitForBatch(client, id, silent);
    until_ms ??= performance.now() + VERDICT_MS;
    const verdict = await readVerdict(client, id, silent, { patient: true });
    if (verdict.verdict !== 'running' || performance.now() > until_ms) return { batch, verdict };
    await pause(LOOK_EVERY_MS);
  }
}
