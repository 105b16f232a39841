// Applies a verb to one parked command: said at once, told plainly when it failed.
// Promises that a command which somebody else settled first is reported, never hidden.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TsqItem, VerbBody } from '../../../../src/http/contract.ts';
import { batchKeys } from '../../api/batches.ts';
import type { Page } from '../../api/client.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { replyKeys } from '../../api/replies.ts';
import { statsKeys } from '../../api/stats.ts';
import { applyTsqVerb, type TsqVerb, tsqKeys } from '../../api/tsq.ts';
import { actorBody, useActor } from '../actor.ts';
import { shortId } from '../format.ts';
import { startToast } from '../toast.ts';
import { VERB_LABELS } from './verb-labels.ts';

/** What a verb may change, wherever it is shown. */
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
  run: (verb: TsqVerb, commandIds: readonly string[], body?: VerbBody) => Promise<void>;
  busy: boolean;
}

/** For one command at a time: more are a job. */
export function useTsqVerb(): VerbRunner {
  const queryClient = useQueryClient();
  const actor = useActor();
  const [busy, setBusy] = useState(false);

  const run = async (verb: TsqVerb, [id]: readonly string[], body: VerbBody = {}) => {
    if (id === undefined) return;
    const { doing, done } = VERB_LABELS[verb];
    const toast = startToast(`${doing} command ${shortId(id)}…`);
    setBusy(true);
    await queryClient.cancelQueries({ queryKey: tsqKeys.all });
    // It leaves the list at once, and comes back with the refetch below if that was too soon.
    dropFromLists(queryClient, id);
    try {
      await applyTsqVerb(verb, id, { ...actorBody(actor), ...body });
      toast.done(`Command ${shortId(id)} ${done}`);
    } catch (error) {
      toast.failed(`Command ${shortId(id)} not ${done}`, error);
    }
    setBusy(false);
    await Promise.all(AFFECTED_QUERY_KEYS.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  };

  return { run, busy };
}

function dropFromLists(queryClient: QueryClient, commandId: string): void {
  queryClient.setQueriesData<Page<TsqItem>>(
    { queryKey: tsqKeys.lists },
    (page) => page && { ...page, items: page.items.filter((item) => item.command_id !== commandId) },
  );
}
