// Starts and aborts jobs: one verb over many items, done by the server in the background.

import type { TsqJobFilter, VerbBody } from '../../../../src/http/contract.ts';
import { type TsqVerb, tsqKeys } from '../../api/tsq.ts';
import { abortTsqJob, startTsqJob } from '../../api/tsq-jobs.ts';
import { pluralize } from '../../parts/format.ts';
import { VERB_LABELS } from '../../parts/tsq/verb-labels.ts';
import { useVerb } from '../../parts/use-verb.ts';

const affects = [tsqKeys.all];

export interface JobStart {
  verb: TsqVerb;
  filter: TsqJobFilter;
  body: VerbBody;
}

export function useStartJob(onStarted: (jobId: string) => unknown) {
  return useVerb({
    send: ({ verb, filter, body }: JobStart, by) => startTsqJob({ verb, filter, ...by(), ...body }),
    doing: 'Starting the job',
    done: ({ total_count }, { verb }) =>
      `${VERB_LABELS[verb].doing} ${pluralize(total_count, 'command')} in the background`,
    failed: 'The job was not started',
    affects,
    onDone: ({ job_id }) => onStarted(job_id),
  });
}

export function useAbortJob(jobId: string) {
  return useVerb({
    send: (_none: undefined, by) => abortTsqJob(jobId, by()),
    doing: 'Aborting the job',
    done: 'The job was aborted; what it did stays done',
    failed: 'The job was not aborted',
    affects,
  });
}
