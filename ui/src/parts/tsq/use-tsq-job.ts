// Starts a job: one verb over many items, done by the server in the background. Said at once; how far it is shows where it is watched.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TsqJobFilter, VerbBody } from '../../../../src/http/contract.ts';
import { type TsqVerb, tsqKeys } from '../../api/tsq.ts';
import { abortTsqJob, startTsqJob } from '../../api/tsq-jobs.ts';
import { actorBody, useActor } from '../actor.ts';
import { pluralize } from '../format.ts';
import { startToast } from '../toast.ts';
import { VERB_LABELS } from './verb-labels.ts';

export interface JobStarter {
  /** The job's id; null when it was refused, which was told. */
  start: (verb: TsqVerb, filter: TsqJobFilter, body?: VerbBody) => Promise<string | null>;
  abort: (jobId: string) => Promise<void>;
  busy: boolean;
}

export function useTsqJob(): JobStarter {
  const queryClient = useQueryClient();
  const actor = useActor();
  const [busy, setBusy] = useState(false);

  const doing = async <T>(title: string, work: () => Promise<T>, done: (answer: T) => string): Promise<T | null> => {
    const toast = startToast(`${title}\u2026`);
    setBusy(true);
    try {
      const answer = await work();
      toast.done(done(answer));
      return answer;
    } catch (error) {
      toast.failed(`${title} failed`, error);
      return null;
    } finally {
      setBusy(false);
      await queryClient.invalidateQueries({ queryKey: tsqKeys.all });
    }
  };

  return {
    busy,
    async start(verb, filter, body = {}) {
      const started = await doing(
        'Starting the job',
        () => startTsqJob({ verb, filter, ...actorBody(actor), ...body }),
        ({ total_count }) => `${VERB_LABELS[verb].doing} ${pluralize(total_count, 'command')} in the background`,
      );
      return started?.job_id ?? null;
    },
    async abort(jobId) {
      await doing(
        'Aborting the job',
        () => abortTsqJob(jobId, actorBody(actor)),
        () => 'The job was aborted; what it did stays done',
      );
    },
  };
}
