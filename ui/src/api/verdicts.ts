// Predictions, verdicts and reports of batches, and the verbs that change or repeat a launch.

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
import { apiUrl, get, type Page, pathTo, post, request } from './client.ts';

/** A batch at a moment of its life, such as its status: read again when the moment changes. */
interface Verified {
  batch_id: string;
  moment: string;
}

export const verdictKeys = {
  verdicts: (id: string) => [...batchKeys.all, 'verdict', id] as const,
  verdict: ({ batch_id, moment }: Verified) => [...verdictKeys.verdicts(batch_id), moment] as const,
  reports: (id: string) => [...batchKeys.all, 'report', id] as const,
};

const pathOf = (id: string, ...rest: string[]) => pathTo('process-batches', id, ...rest);

/** The prediction of a launch. It never changes, so it is read once. */
export const previewQuery = (launch: LaunchRequest) =>
  queryOptions({
    queryKey: ['preview', launch],
    queryFn: ({ signal }) => request<Preview>('/process-batches/preview', { method: 'POST', body: launch, signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });

export const verdictQuery = (verified: Verified) =>
  queryOptions({
    queryKey: verdictKeys.verdict(verified),
    queryFn: get<Verdict>(pathOf(verified.batch_id, 'verdict')),
    placeholderData: keepPreviousData,
  });

/** Computes the verdict again, whatever is stored. */
export const verifyBatch = (id: string) => post<Verdict>(pathOf(id, 'verdict'), {});

/** The progress of the verdict that is being computed. */
export const verdictProgressQuery = (id: string) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'verifying', id],
    queryFn: get<VerdictProgress>(pathOf(id, 'verdict', 'progress')),
    retry: false,
  });

/** Version 0 as launched, then each change. */
export const behaviorVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'behaviors', id],
    queryFn: get<Page<BehaviorVersion>>(pathOf(id, 'behavior')),
  });

export const reportQuery = ({ batch_id, moment }: Verified) =>
  queryOptions({
    queryKey: [...verdictKeys.reports(batch_id), moment],
    queryFn: get<Report>(pathOf(batch_id, 'report')),
    placeholderData: keepPreviousData,
  });

/** The report as a file to download. */
export const reportUrl = (id: string, format: 'json' | 'markdown') =>
  apiUrl(`${pathOf(id, 'report')}?format=${format}`);

/** Steps sent from now on take this behavior. */
export const changeBehavior = (
  id: string,
  body: { behavior: Record<string, unknown> | null } & Pick<VerbBody, 'reason' | 'actor'>,
) => request<BehaviorVersion>(pathOf(id, 'behavior'), { method: 'PATCH', body });

/** The batch continues without further faults. */
export const stopInjection = (id: string, body: VerbBody) => post(pathOf(id, 'injection', 'stop'), body);

/** Launches the batch again with the same seed, so with the same faults. */
export const rerunBatch = (id: string) => post<LaunchAnswer>(pathOf(id, 'rerun'), {});

/** Launches one process alone, with the faults it had. */
export const rerunProcess = (id: string) => post<LaunchAnswer>(pathTo('processes', id, 'rerun'), {});
