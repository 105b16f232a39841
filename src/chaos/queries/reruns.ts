// Statements for rerunning a process: the behavior with which each of its steps was sent.

import type { Queryable } from '../../db/pool.ts';
import { many } from '../../db/rows.ts';

/** The steps that a process has sent, in order, each with the stored behavior of its command or null. */
export function readSentBehaviors(db: Queryable, process_id: string) {
  return many<{ step: string; behavior: Record<string, unknown> | null }>(
    db,
    `select c.step, t.behavior
     from faultline.process p
       cross join unnest(p.command_ids) with ordinality as i(command_id, position)
       join faultline.command c on c.command_id = i.command_id and c.lane = p.lane
       left join e2e.test_command t on t.command_id = c.command_id and t.lane = c.lane
     where p.process_id = $1 and c.purpose = 'step' order by i.position`,
    [process_id],
  );
}
