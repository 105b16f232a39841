// What a batch is predicted, verified and reported: query keys, fetches and verbs, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  BehaviorVersion,
  LaunchAnswer,
  Preview,
  Report,
  VerbBody,
  Verdict,
  VerdictProgress,
} from '../../../src/http/contract.ts';
import { batchKeys, type LaunchRequest } from './batches.ts';
import { apiUrl, type Page, request } from './client.ts';

/** A batch at a moment of its life, such as its status: asked again when that is another. */
interface Judged {
  batch_id: string;
  moment: string;
}

export const verdictKeys = {
  preview: (launch: LaunchRequest | null) => ['preview', launch] as const,
  verdicts: (id: string) => [...batchKeys.all, 'verdict', id] as const,
  verdict: ({ batch_id, moment }: Judged) => [...verdictKeys.verdicts(batch_id), moment] as const,
  progress: (id: string) => [...batchKeys.all, 'verifying', id] as const,
  behaviors: (id: string) => [...batchKeys.all, 'behaviors', id] as const,
  reports: (id: string) => [...batchKeys.all, 'report', id] as const,
  report: ({ batch_id, moment }: Judged) => [...verdictKeys.reports(batch_id), moment] as const,
};

const pathOf = (id: string, rest: string) => `/process-batches/${encodeURIComponent(id)}/${rest}`;

/** Exactly what a launch will come to. The same launch is predicted the same, so it is asked once. */
export const previewQuery = (launch: LaunchRequest) =>
  queryOptions({
    queryKey: verdictKeys.preview(launch),
    queryFn: ({ signal }) => request<Preview>('/process-batches/preview', { method: 'POST', body: launch, signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });

export const verdictQuery = (verified: Judged) =>
  queryOptions({
    queryKey: verdictKeys.verdict(verified),
    queryFn: ({ signal }) => request<Verdict>(pathOf(verified.batch_id, 'verdict'), { signal }),
    placeholderData: keepPreviousData,
  });

/** Given again, whatever is stored. */
export function verifyBatch(id: string): Promise<Verdict> {
  return request<Verdict>(pathOf(id, 'verdict'), { method: 'POST', body: {} });
}

/** How far the verdict that is being given has come. */
export const verdictProgressQuery = (id: string) =>
  queryOptions({
    queryKey: verdictKeys.progress(id),
    queryFn: ({ signal }) => request<VerdictProgress>(pathOf(id, 'verdict/progress'), { signal }),
    retry: false,
  });

/** 0 as launched, then each change. */
export const behaviorVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: verdictKeys.behaviors(id),
    queryFn: ({ signal }) => request<Page<BehaviorVersion>>(pathOf(id, 'behavior'), { signal }),
  });

export const reportQuery = (verified: Judged) =>
  queryOptions({
    queryKey: verdictKeys.report(verified),
    queryFn: ({ signal }) => request<Report>(pathOf(verified.batch_id, 'report'), { signal }),
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
