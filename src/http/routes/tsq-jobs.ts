// Jobs: one verb over many items of the troubleshooting queue, in the background.

import { z } from 'zod';
import { abortTsqJob, startTsqJob } from '../../bus/jobs.ts';
import { type JobRecord, listJobFailures, listJobs, readJob } from '../../db/queries/jobs.ts';
import { orNotFound } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { keysetPage } from '../paging.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const params = z.object({ job_id: wire.idSchema });
const querystring = z.strictObject(wire.pageQuery);
const tag = 'troubleshooting';

export function tsqJobRoutes(api: App, { bus, pool }: RouteContext): void {
  api.post(
    '/tsq/jobs',
    route(tag, 'Retry, cancel or complete everything that matches now, in the background', wire.tsqJobStartedSchema, {
      description:
        'Acts on what is in the queue when the job is accepted, on each item at most once. Select items by at least one field of `filter`, by `all: true`, or by `command_ids`. Cancelling needs a `reason`.',
      body: wire.tsqJobBodySchema,
      status: 202,
    }),
    async ({ body }, reply) => reply.code(202).send(await startTsqJob(bus, { ...body, ...operatorOf(body) })),
  );

  api.get(
    '/tsq/jobs',
    route(tag, 'List jobs, newest first', wire.pageOf(wire.tsqJobSchema), { querystring }),
    ({ query }) =>
      keysetPage(
        'job',
        query,
        (before, limit) => listJobs(pool, { before, limit }),
        ({ began_at_us, ...job }) => showJob(job),
      ),
  );

  api.get(
    '/tsq/jobs/:job_id',
    route(tag, 'Read the progress of a job and its failures', wire.tsqJobDetailSchema, { params, querystring }),
    async ({ params: { job_id }, query }) => {
      const job = orNotFound(await readJob(pool, job_id), 'job', job_id);
      const failures = await keysetPage(
        'job_failure',
        query,
        async (after, limit) =>
          job.failed_count === 0 ? [] : listJobFailures(pool, job_id, { after: after?.item_id, limit }),
        ({ item_id, ...failure }) => ({ command_id: item_id, ...toWire(failure) }),
      );
      return { ...showJob(job), failures };
    },
  );

  api.post(
    '/tsq/jobs/:job_id/abort',
    route(tag, 'Abort a job; what it did stays done', wire.tsqAbortAnswerSchema, {
      params,
      body: wire.tsqAbortBodySchema.nullish(),
      unlimited: true,
    }),
    ({ params, body }) => abortTsqJob(bus, params.job_id, operatorOf(body)),
  );
}

function showJob({ running_ms, ...job }: JobRecord): wire.TsqJob {
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
