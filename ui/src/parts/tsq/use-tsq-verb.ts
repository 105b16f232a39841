// Applies a verb to parked commands, a few at a time: said at once, counted as it goes, told plainly when it failed.
// Promises that a command which somebody else settled first is reported, never hidden.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TsqItem, VerbBody } from '../../../../src/http/contract.ts';
import { batchKeys } from '../../api/batches.ts';
import { type Page, problemFrom } from '../../api/client.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { replyKeys } from '../../api/replies.ts';
import { statsKeys } from '../../api/stats.ts';
import { applyTsqVerb, type TsqVerb, tsqKeys } from '../../api/tsq.ts';
import { actorBody, useActor } from '../actor.ts';
import { capitalize, formatCount, shortId } from '../format.ts';
import { startToast, type Toast } from '../toast.ts';
import { VERB_WORDS } from './verb-words.ts';

/** Requests under way at a time. */
const CONCURRENCY = 4;

/** What a verb may change, wherever it is shown. */
const MOVED = [
  tsqKeys.all,
  statsKeys.overview,
  batchKeys.all,
  processKeys.all,
  commandKeys.all,
  commandBatchKeys.all,
  replyKeys.all,
];

export interface VerbProgress {
  verb: TsqVerb;
  total: number;
  ended: number;
}

export interface VerbFailure {
  command_id: string;
  error: unknown;
}

export interface VerbRunner {
  run: (verb: TsqVerb, commandIds: readonly string[], body?: VerbBody) => Promise<void>;
  /** Null while nothing runs. */
  progress: VerbProgress | null;
}

export function useTsqVerb(): VerbRunner {
  const queryClient = useQueryClient();
  const actor = useActor();
  const [progress, setProgress] = useState<VerbProgress | null>(null);

  const run = async (verb: TsqVerb, commandIds: readonly string[], body: VerbBody = {}) => {
    const toast = startToast(`${VERB_WORDS[verb].doing} ${subject(commandIds)}…`);
    setProgress({ verb, total: commandIds.length, ended: 0 });
    await queryClient.cancelQueries({ queryKey: tsqKeys.all });
    const [only] = commandIds;
    // One command leaves the list at once, and comes back with the refetch below if that was too soon.
    if (only && commandIds.length === 1) dropFromLists(queryClient, only);
    const failures = await eachOf(
      commandIds,
      async (id) => {
        await applyTsqVerb(verb, id, { ...actorBody(actor), ...body });
        dropFromLists(queryClient, id);
      },
      () => setProgress((current) => current && { ...current, ended: current.ended + 1 }),
    );
    setProgress(null);
    report(toast, verb, commandIds, failures);
    await Promise.all(MOVED.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  };

  return { run, progress };
}

function dropFromLists(queryClient: QueryClient, commandId: string): void {
  queryClient.setQueriesData<Page<TsqItem>>(
    { queryKey: tsqKeys.all },
    (page) => page && { ...page, items: page.items.filter((item) => item.command_id !== commandId) },
  );
}

/** Runs `act` for each id, never more than CONCURRENCY at a time; gives what failed. */
async function eachOf(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
  onEnded: () => void,
): Promise<VerbFailure[]> {
  const waiting = [...ids];
  const failures: VerbFailure[] = [];
  const lane = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await act(id);
      } catch (error) {
        failures.push({ command_id: id, error });
      }
      onEnded();
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, ids.length) }, lane));
  return failures;
}

function report(toast: Toast, verb: TsqVerb, ids: readonly string[], failures: VerbFailure[]): void {
  const [first] = failures;
  const { done } = VERB_WORDS[verb];
  if (!first) {
    toast.done(capitalize(`${subject(ids)} ${done}`));
  } else if (ids.length === 1) {
    toast.failed(capitalize(`${subject(ids)} not ${done}`), first.error);
  } else {
    const taken = failures.filter(({ error }) => problemFrom(error).status === 409).length;
    const ok = ids.length - failures.length;
    const others = taken === failures.length ? `, ${formatCount(taken)} taken by someone else` : '';
    toast.failed(`${formatCount(ok)} ${done}, ${formatCount(failures.length)} not${others}`, first.error);
  }
}

function subject(ids: readonly string[]): string {
  return ids.length === 1 ? `command ${shortId(ids[0] ?? '')}` : `${formatCount(ids.length)} commands`;
}
