// Predictions, verdicts and reports of process batches, and the verbs of their chaos.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  BehaviorVersion,
  LaunchAnswer,
  Page,
  Preview,
  Report,
  VerbBody,
  Verdict,
  VerdictProgress,
} from '../../../src/http/contract.ts';
import { batchKeys, type LaunchRequest } from './batches.ts';
import { apiUrl, path, post, read, request } from './client.ts';

/** A batch at a moment of its life, such as its status: read again when the moment is another. */
interface BatchMoment {
  batch_id: string;
  moment: string;
}

export const verdictKeys = {
  verdicts: (id: string) => [...batchKeys.all, 'verdict', id] as const,
  verdict: ({ batch_id, moment }: BatchMoment) => [...verdictKeys.verdicts(batch_id), moment] as const,
  reports: (id: string) => [...batchKeys.all, 'report', id] as const,
};

/** The exact outcome of a launch. The same launch has the same prediction, so it is read once. */
export const previewQuery = (launch: LaunchRequest) =>
  queryOptions({
    queryKey: ['preview', launch],
    queryFn: ({ signal }) => request<Preview>('/process-batches/preview', { method: 'POST', body: launch, signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });

export const verdictQuery = (of: BatchMoment) =>
  queryOptions({
    queryKey: verdictKeys.verdict(of),
    queryFn: read<Verdict>(path`/process-batches/${of.batch_id}/verdict`),
    placeholderData: keepPreviousData,
  });

/** Computes the verdict again, also when one is stored. */
export function verifyBatch(id: string): Promise<Verdict> {
  return post(path`/process-batches/${id}/verdict`, {});
}

export const verdictProgressQuery = (id: string) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'verifying', id],
    queryFn: read<VerdictProgress>(path`/process-batches/${id}/verdict/progress`),
    retry: false,
  });

/** Version 0 as launched, then each change. */
export const behaviorVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'behaviors', id],
    queryFn: read<Page<BehaviorVersion>>(path`/process-batches/${id}/behavior`),
  });

export const reportQuery = ({ batch_id, moment }: BatchMoment) =>
  queryOptions({
    queryKey: [...verdictKeys.reports(batch_id), moment],
    queryFn: read<Report>(path`/process-batches/${batch_id}/report`),
    placeholderData: keepPreviousData,
  });

/** The address of the report as a file. */
export function reportUrl(id: string, format: 'json' | 'markdown'): string {
  return apiUrl(`${path`/process-batches/${id}/report`}?format=${format}`);
}

/** Changes the behavior of steps sent from now on. */
export function changeBehavior(
  id: string,
  body: { behavior: Record<string, unknown> | null; reason?: string; actor?: string },
): Promise<BehaviorVersion> {
  return request(path`/process-batches/${id}/behavior`, { method: 'PATCH', body });
}

export function stopInjection(id: string, body: VerbBody): Promise<unknown> {
  return post(path`/process-batches/${id}/injection/stop`, body);
}

/** Launches it again with the same seed, so the same faults. */
export function rerunBatch(id: string): Promise<LaunchAnswer> {
  return post(path`/process-batches/${id}/rerun`, {});
}

/** Launches one process alone, with the faults it had. */
export function rerunProcess(id: string): Promise<LaunchAnswer> {
  return post(path`/processes/${id}/rerun`, {});
}
