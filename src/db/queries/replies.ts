// Statements on kept replies: those of processes, waiting for a service that has their definition.

import type { Reply } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';
import { many, one } from '../rows.ts';

export interface RoutableReply {
  reply_id: string;
  lane: number;
  command_id: string;
}

/** Kept replies of processes of these types and versions, oldest first. Only parked replies name a process. */
export function readRoutableReplies(db: Queryable, known: readonly { type: string; version: number }[], limit: number) {
  return many<RoutableReply>(
    db,
    `select r.reply_id, r.lane, r.command_id
     from faultline.reply r
       join faultline.process p on p.process_id = r.process_id and p.lane = r.lane
       join unnest($1::text[], $2::int[]) as k(process_type, version)
         on k.process_type = p.process_type and k.version = p.version
     where r.process_id is not null
     order by r.reply_id limit $3`,
    [known.map(({ type }) => type), known.map(({ version }) => version), limit],
  );
}

/** A reply as it was kept. */
export interface KeptReply extends Reply {
  /** Its process ends without undoing what it did. */
  keep_effects: boolean;
}

/** The reply, locked; null when somebody else has it or has routed it. */
export function lockReplyIfKept(tx: Tx, lane: number, reply_id: string) {
  return one<KeptReply>(
    tx,
    `select r.outcome, r.result, r.error_code, r.error_message, r.keep_effects from faultline.reply r
     where r.reply_id = $1 and r.lane = $2 for update skip locked`,
    [reply_id, lane],
  );
}

export async function deleteReply(tx: Tx, lane: number, reply_id: string): Promise<void> {
  await tx.query('delete from faultline.reply r where r.reply_id = $1 and r.lane = $2', [reply_id, lane]);
}
