// Deadlines: what is not settled in time is parked for an operator, or fails. Any worker looks; what somebody has locked is passed over.
// Where nothing has a deadline, a look is one probe of two empty indexes.

import { isRetryable, withTx } from '../db/pool.ts';
import { findOverdueCommands, lockLiveCommands, type Overdue, readOverdue } from '../db/queries/terminate.ts';
import type { DeadlineAction } from '../model/command.ts';
import type { Bus } from './bus.ts';
import { type Termination, terminateLiveCommands } from './terminate.ts';

const MAX_AT_ONCE = 500;

/** Ends what is overdue in a lane, up to 500 commands; returns how many it terminated. */
export async function expireDeadlines(bus: Bus, lane: number): Promise<number> {
  const ids = await findOverdueCommands(bus.pool, lane, MAX_AT_ONCE);
  return ids.length === 0 ? 0 : expireSet(bus, lane, ids.toSorted());
}

/** What cannot be done for one keeps no other back: halves, down to the one, which an operator is then asked about. `action`: for all. */
async function expireSet(bus: Bus, lane: number, ids: readonly string[], action?: DeadlineAction): Promise<number> {
  try {
    return await expireOnce(bus, lane, ids, action);
  } catch (error) {
    if (isRetryable(error)) throw error;
    if (ids.length > 1) {
      const middle = ids.length >> 1;
      const first = await expireSet(bus, lane, ids.slice(0, middle));
      return first + (await expireSet(bus, lane, ids.slice(middle)));
    }
    const fields = { err: error, command_id: ids[0] };
    if (action === 'tsq') {
      bus.env.logger.error(fields, 'what is overdue cannot be parked; it is tried again');
      return 0;
    }
    bus.env.logger.error(fields, 'what a deadline asks for cannot be done; an operator is asked');
    return expireSet(bus, lane, ids, 'tsq');
  }
}

async function expireOnce(bus: Bus, lane: number, ids: readonly string[], action?: DeadlineAction): Promise<number> {
  const { count, wakeUps } = await withTx(bus.pool, async (tx) => {
    const live = await lockLiveCommands(tx, lane, ids);
    const overdue = live.length === 0 ? [] : await readOverdue(tx, lane, live);
    const items = overdue.map((one) => ({
      command_id: one.command_id,
      cut: deadlineTermination(one, action ?? one.on_deadline),
    }));
    const { commands, wakeUps } = await terminateLiveCommands(bus, tx, lane, items);
    await bus.env.probe('in_deadline', { overdue });
    return { count: commands.length, wakeUps };
  });
  bus.notifier.wake(wakeUps);
  return count;
}

function deadlineTermination(overdue: Overdue, action: DeadlineAction): Termination {
  const { whose, deadline_ms, deadline_at } = overdue;
  const outcome =
    action === 'tsq'
      ? { status: 'IN_TROUBLESHOOTING_QUEUE' as const, effect: 'TSQ' as const, reason: 'DEADLINE_EXCEEDED' as const }
      : { status: 'FAILED' as const, effect: 'FAILED' as const, reason: null };
  return {
    ...outcome,
    error_code: 'DEADLINE_EXCEEDED',
    error_message: `The deadline of ${nameOf(overdue)}, ${deadline_ms} ms, has passed.`,
    keep_effects: action === 'fail',
    event: {
      type: 'DEADLINE_EXCEEDED',
      details: { whose, action, deadline_ms, deadline_at: deadline_at.toISOString() },
    },
  };
}

function nameOf({ whose, step }: Overdue): string {
  if (whose === 'process') return 'the process';
  return step === null ? 'the command' : `step ${step}`;
}
