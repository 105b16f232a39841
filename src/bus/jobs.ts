// Jobs: one verb over many parked commands, run as durable work on the bus. The request returns at once.
// The items are chosen in one snapshot. Each is tried at most once, and counted as done or failed, also after a crash.
//
// At most once: the job owns the list of its items. A slice locks the job, takes items off the list, applies the verb
// and counts, in one transaction. An item never returns to the list, so nothing here depends on clocks.
// Nothing parked later: a listed item was visible in the snapshot, so an operator who unparks it commits after the
// snapshot, and a settle that parks it again begins after that. Its parked_at is then later than began_at, and the
// guard of the verb rejects it.

import { isBadData, isRetryable, type Tx, withTx } from '../db/pool.ts';
import {
  abortJobIfRunning,
  addJobCounts,
  completeJobIfDone,
  insertJobFailures,
  insertJobOfFilter,
  insertJobOfIds,
  type JobFailure,
  type JobSlice,
  type JobVerb,
  lockJob,
  type RunningJob,
  readJob,
  readJobIfRunning,
  readNextSlice,
  shortenSlice,
} from '../db/queries/jobs.ts';
import type { ParkedFilter } from '../db/queries/read-tsq.ts';
import { describeError } from '../model/error-text.ts';
import { CommandError, FaultlineError, InvalidInputError, orNotFound, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { backoff } from '../model/retry.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import type { HandlerContext, HandlerRegistry } from './handlers.ts';
import { sendCommands } from './insert.ts';
import { internalCommand } from './internal.ts';
import { cancelVerb, completeVerb, type Operated, operateSet, retryVerb, type Verb } from './troubleshooting.ts';

const SLICE_SIZE = 500;
const MAX_SELECTED = LIMITS.job_commands.max;
const BACKOFF_MS = { first: 50, max: 5_000 };

/** The items of a job: all, those that match every given field, or the listed commands. */
export interface TsqJobFilter extends ParkedFilter {
  all?: boolean;
  command_ids?: readonly string[];
}

export interface TsqJobRequest {
  verb: JobVerb;
  filter: TsqJobFilter;
  actor: string;
  /** Required to cancel. */
  reason?: string;
  /** For complete: what the handler would have returned. */
  result?: unknown;
}

/** Chooses the items and answers before any of them is processed. @throws InvalidInputError */
export async function startTsqJob(bus: Bus, request: TsqJobRequest): Promise<{ job_id: string; total_count: number }> {
  checkRequest(request);
  const { verb, filter, actor, reason, result } = request;
  const { all: _all, command_ids, ...matching } = filter;
  const selected = command_ids && [...new Set(command_ids.map((id) => id.toLowerCase()))];
  const shown = selected ? { selected: selected.length } : matching;
  const job_id = bus.env.newId(0, bus.lanes);
  const job = { job_id, verb, filter: shown, reason: reason ?? null, actor, result, slice_size: SLICE_SIZE };
  const total_count = await withTx(bus.pool, async (tx) => {
    const total = selected
      ? await insertJobOfIds(
          tx,
          job,
          selected.map((command_id) => ({ command_id, lane: laneOf(command_id, bus.lanes) })),
        )
      : await insertJobOfFilter(tx, job, matching);
    await sendCommands(bus, tx, [
      internalCommand(bus, 'TsqJob', { job_id }, { purpose: 'job', correlation_id: job_id }),
    ]);
    return total;
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  return { job_id, total_count };
}

function checkRequest({ verb, filter, reason, result }: TsqJobRequest): void {
  const { all, command_ids, ...matching } = filter;
  const refuse = (path: string, code: string, message: string) => {
    throw new InvalidInputError(`Not acceptable: ${path}.`, [{ path, code, message }]);
  };
  const given = Object.values(matching).some((value) => value !== undefined);
  if (verb === 'cancel' && !reason?.trim()) refuse('reason', 'required', 'is required to cancel');
  if (verb !== 'complete' && result !== undefined) refuse('result', 'not_applicable', 'only complete takes a result');
  if (command_ids !== undefined) {
    if (command_ids.length === 0) refuse('filter.command_ids', 'too_small', 'must name at least one command');
    if (command_ids.length > MAX_SELECTED) {
      refuse(
        'filter.command_ids',
        'too_big',
        `must name at most ${MAX_SELECTED} commands; a filter can match any number`,
      );
    }
    if (given || all) refuse('filter.command_ids', 'not_combinable', 'stands alone: no other filter, and not all');
  } else if (given && all) refuse('filter.all', 'not_combinable', 'stands alone: no other filter');
  else if (!given && !all) refuse('filter', 'required', 'must say what: at least one field, or all: true');
}

/** Ends a job after the current slice, without undoing anything. @throws NotFoundError, WrongStateError */
export async function abortTsqJob(
  bus: Bus,
  job_id: string,
  { actor }: { actor: string },
): Promise<{ job_id: string; status: 'ABORTED' }> {
  await withTx(bus.pool, async (tx) => {
    await lockJob(tx, job_id);
    if (await abortJobIfRunning(tx, job_id, actor)) return;
    const { status } = orNotFound(await readJob(tx, job_id), 'job', job_id);
    throw new WrongStateError(`The job has ended: ${status}.`);
  });
  return { job_id, status: 'ABORTED' };
}

/** Registers the handler of jobs. */
export function registerJobs(registry: HandlerRegistry, bus: Bus): void {
  registry.register<{ job_id: string }>(INTERNAL_DOMAIN, 'TsqJob', ({ job_id }, context) =>
    runJob(bus, job_id, context),
  );
}

/** An item that cannot be operated on, and why. */
interface FailedItem {
  item_id: string;
  error: unknown;
}

/**
 * Slice after slice, until nothing is left or the job is aborted. A slice that fails because of an item is halved, down
 * to that item; it is counted as failed, and slices grow again.
 */
async function runJob(bus: Bus, job_id: string, { signal }: HandlerContext): Promise<{ job_id: string }> {
  let size = SLICE_SIZE;
  let failed: FailedItem | null = null;
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    let slice: JobSlice | null = null;
    try {
      const wakeUps = await withTx(bus.pool, (tx) =>
        takeSlice(bus, tx, job_id, size, failed, (taken) => {
          slice = taken;
        }),
      );
      if (wakeUps === null) return { job_id };
      bus.notifier.wake(wakeUps);
      failures = 0;
      failed = null;
      size = Math.min(size * 2, SLICE_SIZE);
    } catch (error) {
      const items = (slice as JobSlice | null)?.item_ids ?? [];
      if (isRetryable(error)) {
        bus.databaseHealth.reportError(error, { job_id, failures }, 'a slice of a job failed, trying again');
        await bus.env.sleep(backoff(failures++, BACKOFF_MS), signal);
      } else if (items.length > 1) size = items.length >> 1;
      else if (items[0] !== undefined && failed === null) failed = { item_id: items[0], error };
      else throw error;
    }
  }
}

/** One transaction. Returns the topics to wake, or null when the job has ended. */
async function takeSlice(
  bus: Bus,
  tx: Tx,
  job_id: string,
  limit: number,
  failed: FailedItem | null,
  onTaken: (slice: JobSlice) => void,
): Promise<ReadonlySet<string> | null> {
  await lockJob(tx, job_id);
  const job = await readJobIfRunning(tx, job_id);
  if (job === null) return null;
  const slice = await readNextSlice(tx, job_id, limit);
  if (slice === null) {
    await completeJobIfDone(tx, job_id);
    return null;
  }
  onTaken(slice);
  const blamed = failed !== null && failed.item_id === slice.item_ids[0] && slice.item_ids.length === 1;
  const operated = blamed ? null : await operateSlice(bus, tx, job, slice);
  const failures = operated === null ? [failureOf(failed as FailedItem)] : refusalsOf(operated);
  await insertJobFailures(tx, job_id, failures);
  await shortenSlice(tx, job_id, slice);
  await addJobCounts(tx, job_id, { done: slice.item_ids.length - failures.length, failed: failures.length });
  await completeJobIfDone(tx, job_id);
  await bus.env.probe('in_job_slice', { job_id, slice });
  return operated?.wakeUps ?? new Set();
}

function operateSlice(bus: Bus, tx: Tx, job: RunningJob, { lane, item_ids }: JobSlice): Promise<Operated> {
  const set = { ids: item_ids, parked_until_us: job.began_at_us };
  return operateSet(bus, tx, lane, verbOf(job), set, { job_id: job.job_id });
}

function verbOf({ verb, actor, reason, result, has_result }: RunningJob): Verb {
  const operator = { actor, reason: reason ?? undefined };
  if (verb === 'retry') return retryVerb(operator);
  if (verb === 'cancel') return cancelVerb({ ...operator, reason: reason ?? '' });
  return completeVerb(operator, has_result ? result : undefined);
}

function refusalsOf({ refused }: Operated): JobFailure[] {
  return [...refused].map(([item_id, { code, message }]) => ({ item_id, error_code: code, error_message: message }));
}

function failureOf({ item_id, error }: FailedItem): JobFailure {
  return { item_id, error_code: codeOf(error), error_message: describeError(error) };
}

function codeOf(error: unknown): string {
  if (isBadData(error)) return 'RESULT_NOT_STORABLE';
  return error instanceof FaultlineError || error instanceof CommandError ? error.code : 'UNKNOWN_ERROR';
}
