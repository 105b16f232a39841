// Deadlines: overdue commands are parked or fail. Every worker checks, and skips locked commands.
// Without deadlines, a check is one probe of two empty indexes.

import { isRetryable, withTx } from '../db/pool.ts';
import { findOverdueCommands, lockLiveCommands, type Overdue, readOverdue } from '../db/queries/terminate.ts';
import { bisect } from '../model/batching.ts';
import type { DeadlineAction } from '../model/command.ts';
import type { Bus } from './bus.ts';
import { type Termination, terminateCommands } from './terminate.ts';

const MAX_AT_ONCE = 500;

/** Terminates what is overdue, in every lane. */
export async function expireAllDeadlines(bus: Bus): Promise<void> {
  for (let lane = 0; lane < bus.lanes; lane++) while ((await expireDeadlines(bus, lane)) === MAX_AT_ONCE);
}

/** Terminates up to 500 overdue commands of a lane; returns how many. */
export async function expireDeadlines(bus: Bus, lane: number): Promise<number> {
  const ids = await findOverdueCommands(bus.pool, lane, MAX_AT_ONCE);
  if (ids.length === 0) return 0;
  const counts = await bisect(ids.toSorted(), {
    run: (some) => expire(bus, lane, some),
    isFatal: isRetryable,
    onFailed: (id, error) => parkInstead(bus, lane, id, error),
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The action of this deadline cannot be carried out, so an operator decides. */
async function parkInstead(bus: Bus, lane: number, command_id: string, error: unknown): Promise<number> {
  const { logger } = bus.env;
  logger.error({ err: error, command_id }, 'the action of a deadline failed; the command is parked instead');
  try {
    return await expire(bus, lane, [command_id], 'tsq');
  } catch (again) {
    if (isRetryable(again)) throw again;
    logger.error({ err: again, command_id }, 'an overdue command cannot be parked; trying again later');
    return 0;
  }
}

async function expire(bus: Bus, lane: number, ids: readonly string[], action?: DeadlineAction): Promise<number> {
  const { count, wakeUps } = await withTx(bus.pool, async (tx) => {
    const live = await lockLiveCommands(tx, lane, ids);
    const overdue = live.length === 0 ? [] : await readOverdue(tx, lane, live);
    const items = overdue.map((one) => ({
      command_id: one.command_id,
      termination: deadlineTermination(one, action ?? one.on_deadline),
    }));
    const { commands, wakeUps } = await terminateCommands(bus, tx, lane, items, 'live');
    await bus.env.probe('in_deadline', { overdue });
    return { count: commands.length, wakeUps };
  });
  bus.notifier.wake(wakeUps);
  return count;
}

function deadlineTermination({ whose, step, deadline_ms, deadline_at }: Overdue, action: DeadlineAction): Termination {
  const outcome =
    action === 'tsq'
      ? { status: 'IN_TROUBLESHOOTING_QUEUE' as const, effect: 'TSQ' as const, reason: 'DEADLINE_EXCEEDED' as const }
      : { status: 'FAILED' as const, effect: 'FAILED' as const, reason: null };
  const name = whose === 'process' ? 'the process' : step === null ? 'the command' : `step ${step}`;
  return {
    ...outcome,
    error_code: 'DEADLINE_EXCEEDED',
    error_message: `The deadline of ${name}, ${deadline_ms} ms, has passed.`,
    keep_effects: action === 'fail',
    event: {
      type: 'DEADLINE_EXCEEDED',
      details: { whose, action, deadline_ms, deadline_at: deadline_at.toISOString() },
    },
  };
}
