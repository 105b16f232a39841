// Applies a verb to one command in troubleshooting. It leaves the lists at once, and returns when the verb was refused.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import type { Page, TsqItem, VerbBody } from '../../../../src/http/contract.ts';
import { batchKeys } from '../../api/batches.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { replyKeys } from '../../api/replies.ts';
import { statsKeys } from '../../api/stats.ts';
import { applyTsqVerb, type TsqVerb, tsqKeys } from '../../api/tsq.ts';
import { shortId } from '../format.ts';
import { useVerb } from '../use-verb.ts';
import { VERB_LABELS } from './verb-labels.ts';

export const AFFECTED_QUERY_KEYS = [
  tsqKeys.all,
  statsKeys.overview,
  batchKeys.all,
  processKeys.all,
  commandKeys.all,
  commandBatchKeys.all,
  replyKeys.all,
];

export interface VerbRunner {
  /** `onEnd` is called whether the verb succeeds or not. */
  run: (verb: TsqVerb, commandIds: readonly string[], body: VerbBody, onEnd?: () => void) => void;
  busy: boolean;
}

interface Input {
  verb: TsqVerb;
  id: string;
  body: VerbBody;
}

/** For one command at a time; more are a job. */
export function useTsqVerb(): VerbRunner {
  const queryClient = useQueryClient();
  const apply = useVerb<Input>({
    send: async ({ verb, id, body }, by) => {
      await queryClient.cancelQueries({ queryKey: tsqKeys.all });
      dropFromLists(queryClient, id);
      return applyTsqVerb(verb, id, { ...by(), ...body });
    },
    doing: ({ verb, id }) => `${VERB_LABELS[verb].doing} command ${shortId(id)}`,
    done: (_answer, { verb, id }) => `Command ${shortId(id)} ${VERB_LABELS[verb].done}`,
    failed: ({ verb, id }) => `Command ${shortId(id)} not ${VERB_LABELS[verb].done}`,
    affects: AFFECTED_QUERY_KEYS,
  });
  return {
    run: (verb, [id = ''], body, onEnd) => apply.mutate({ verb, id, body }, { onSettled: onEnd }),
    busy: apply.isPending,
  };
}

function dropFromLists(queryClient: QueryClient, commandId: string): void {
  queryClient.setQueriesData<Page<TsqItem>>(
    { queryKey: tsqKeys.lists },
    (page) => page && { ...page, items: page.items.filter((item) => item.command_id !== commandId) },
  );
}
