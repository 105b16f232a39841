// Routes of jobs: one verb over many items, answered at once, watched while it runs, and aborted.

import { z } from 'zod';
import { abortTsqJob, startTsqJob } from '../../bus/jobs.ts';
import { type JobRecord, listJobFailures, listJobs, readJob } from '../../db/queries/jobs.ts';
import { NotFoundError } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import {
  idSchema,
  pageOf,
  pageQuery,
  type TsqJob,
  tsqAbortAnswerSchema,
  tsqAbortBodySchema,
  tsqJobBodySchema,
  tsqJobDetailSchema,
  tsqJobSchema,
  tsqJobStartedSchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

const params = z.object({ job_id: idSchema });
const querystring = z.strictObject(pageQuery);
const tags = ['troubleshooting'];

export function tsqJobRoutes(api: App, { bus, pool }: RouteContext): void {
  api.post(
    '/tsq/jobs',
    {
      schema: {
        tags,
        summary: 'Retry, cancel or complete all that matches now, in the background',
        description:
          'Acts on what is in the queue when it is accepted, on each item at most once. Say what by at least one field of ' +
          '`filter`, by `all: true`, or by `command_ids`. Cancelling needs a `reason`.',
        body: tsqJobBodySchema,
        response: { 202: tsqJobStartedSchema, ...problemResponse },
      },
    },
    async ({ body }, reply) => {
      const started = await startTsqJob(bus, { ...body, ...operatorOf(body) });
      return reply.code(202).send(started);
    },
  );

  api.get(
    '/tsq/jobs',
    {
      schema: {
        tags,
        summary: 'Jobs over the queue, the newest first',
        querystring,
        response: { 200: pageOf(tsqJobSchema), ...problemResponse },
      },
    },
    async ({ query: { cursor, limit } }) => {
      const before = cursor === undefined ? undefined : decodeCursor(['job'], cursor).value;
      const rows = await listJobs(pool, {
        before: before === undefined ? undefined : { began_at_us: before[0], job_id: before[1] },
        limit: limit + 1,
      });
      return pageFrom(
        rows,
        limit,
        ({ began_at_us, ...job }) => showJob(job),
        (last) => encodeCursor('job', [last.began_at_us, last.job_id]),
      );
    },
  );

  api.get(
    '/tsq/jobs/:job_id',
    {
      schema: {
        tags,
        summary: 'How far a job is, and what it could not do',
        params,
        querystring,
        response: { 200: tsqJobDetailSchema, ...problemResponse },
      },
    },
    async ({ params: { job_id }, query: { cursor, limit } }) => {
      const after = cursor === undefined ? undefined : decodeCursor(['job_failure'], cursor).value[0];
      const job = await readJob(pool, job_id);
      if (job === null) throw new NotFoundError('job', job_id);
      const rows = job.failed_count === 0 ? [] : await listJobFailures(pool, job_id, { after, limit: limit + 1 });
      const failures = pageFrom(
        rows,
        limit,
        ({ item_id, ...failure }) => ({ command_id: item_id, ...toWire(failure) }),
        (last) => encodeCursor('job_failure', [last.item_id]),
      );
      return { ...showJob(job), failures };
    },
  );

  api.post(
    '/tsq/jobs/:job_id/abort',
    {
      config: NEVER_LIMITED,
      schema: {
        tags,
        summary: 'End a job where it is; what it did stays done',
        params,
        body: tsqAbortBodySchema.nullish(),
        response: { 200: tsqAbortAnswerSchema, ...problemResponse },
      },
    },
    ({ params, body }) => abortTsqJob(bus, params.job_id, operatorOf(body)),
  );
}

function showJob({ running_ms, ...job }: JobRecord): TsqJob {
  const ended = job.done_count + job.failed_count;
  const rate = ended === 0 || running_ms <= 0 ? null : (ended * 1_000) / running_ms;
  const running = job.completed_at === null;
  return {
    ...toWire(job),
    progress: job.total_count === 0 ? 1 : ended / job.total_count,
    rate_per_second: rate,
    eta_ms: running && rate !== null ? Math.round(((job.total_count - ended) * 1_000) / rate) : null,
  };
}
