// What a batch is foretold, judged and reported: query keys, fetches and verbs, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { BehaviorVersion, LaunchAnswer, Preview, Report, VerbBody, Verdict } from '../../../src/http/contract.ts';
import type { BatchStatus } from '../../../src/model/process.ts';
import { batchKeys, type LaunchRequest } from './batches.ts';
import { apiUrl, type Page, request } from './client.ts';

/** A batch at a moment of its life: asked again when that is another. */
interface Judged {
  batch_id: string;
  status?: BatchStatus | undefined;
}

export const verdictKeys = {
  preview: (launch: LaunchRequest | null) => ['preview', launch] as const,
  verdicts: (id: string) => [...batchKeys.all, 'verdict', id] as const,
  verdict: ({ batch_id, status }: Judged) => [...verdictKeys.verdicts(batch_id), status] as const,
  behaviors: (id: string, status?: BatchStatus) => [...batchKeys.all, 'behaviors', id, status] as const,
  reports: (id: string) => [...batchKeys.all, 'report', id] as const,
  report: ({ batch_id, status }: Judged) => [...verdictKeys.reports(batch_id), status] as const,
};

const pathOf = (id: string, rest: string) => `/process-batches/${encodeURIComponent(id)}/${rest}`;

/** Exactly what a launch will come to. The same launch is foretold the same, so it is asked once. */
export const previewQuery = (launch: LaunchRequest) =>
  queryOptions({
    queryKey: verdictKeys.preview(launch),
    queryFn: ({ signal }) => request<Preview>('/processes/preview', { method: 'POST', body: launch, signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });

export const verdictQuery = (batch: Judged) =>
  queryOptions({
    queryKey: verdictKeys.verdict(batch),
    queryFn: ({ signal }) => request<Verdict>(pathOf(batch.batch_id, 'verdict'), { signal }),
    placeholderData: keepPreviousData,
  });

/** 0 as launched, then each change. */
export const behaviorVersionsQuery = ({ batch_id, status }: Judged) =>
  queryOptions({
    queryKey: verdictKeys.behaviors(batch_id, status),
    queryFn: ({ signal }) => request<Page<BehaviorVersion>>(pathOf(batch_id, 'behavior'), { signal }),
    placeholderData: keepPreviousData,
  });

export const reportQuery = (batch: Judged) =>
  queryOptions({
    queryKey: verdictKeys.report(batch),
    queryFn: ({ signal }) => request<Report>(pathOf(batch.batch_id, 'report'), { signal }),
    placeholderData: keepPreviousData,
  });

/** Where the report lies, to be saved as a file. */
export function reportUrl(id: string, format: 'json' | 'markdown'): string {
  return apiUrl(pathOf(id, `report?format=${format}`));
}

/** Steps sent from now on take this behavior. */
export function changeBehavior(
  id: string,
  body: { behavior: Record<string, unknown> | null; reason?: string; actor?: string },
): Promise<BehaviorVersion> {
  return request<BehaviorVersion>(pathOf(id, 'behavior'), { method: 'PATCH', body });
}

/** Nothing is injected into the batch any more; what runs goes on. */
export function stopInjection(id: string, body: VerbBody): Promise<unknown> {
  return request(pathOf(id, 'injection/stop'), { method: 'POST', body });
}

/** The same again: the same seed, so the same faults. */
export function rerunBatch(id: string): Promise<LaunchAnswer> {
  return request<LaunchAnswer>(pathOf(id, 'rerun'), { method: 'POST', body: {} });
}

/** One process alone, with the faults it had. */
export function rerunProcess(id: string): Promise<LaunchAnswer> {
  return request<LaunchAnswer>(`/processes/${encodeURIComponent(id)}/rerun`, { method: 'POST', body: {} });
}
