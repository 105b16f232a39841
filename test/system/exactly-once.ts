// What must hold of a batch of statements that all completed, however often anything was killed on the way.

import { expect } from 'vitest';
import type { System } from './lab.ts';

interface StepCount {
  step: string;
  status: string;
  commands: number;
  processes: number;
  settled_once: number;
  numbered: number;
}

/** Every process of the batch completed, each step of it exactly once, with the attempts on record and its documents on disk. */
export async function expectEachOnce(system: System, batch_id: string, count: number, extension: string) {
  const [processes] = await system.sql(
    `select count(*)::int as created, count(distinct ordinal)::int as ordinals, max(ordinal) as last,
            count(*) filter (where status = 'COMPLETED')::int as completed
     from faultline.process where batch_id = $1::uuid`,
    [batch_id],
  );
  expect(processes).toEqual({ created: count, ordinals: count, last: count - 1, completed: count });

  const each = { status: 'COMPLETED', commands: count, processes: count, settled_once: count, numbered: count };
  expect(await countSteps(system, batch_id)).toEqual([
    { step: 'aggregation', ...each },
    { step: 'query', ...each },
    { step: 'render', ...each },
  ]);

  const documents = await system.documents(batch_id);
  expect(documents.size).toBe(count);
  const names = ['aggregation.json', 'query.ndjson', `render.${extension}`];
  expect([...documents].filter(([, files]) => files.join() !== names.join())).toEqual([]);
}

/**
 * By step: its commands, of how many processes they are, how many have exactly one attempt that completed them, and how many
 * have attempts 1 to n without a hole, n being what the command counted and the one that completed it.
 */
function countSteps(system: System, batch_id: string): Promise<StepCount[]> {
  return system.sql<StepCount>(
    `with tried as (
       select command_id, count(*) as attempts, min(attempt) as first, max(attempt) as last,
              count(*) filter (where effect = 'COMPLETED') as completed,
              max(attempt) filter (where effect = 'COMPLETED') as completing
       from faultline.attempt where batch_id = $1::uuid group by command_id)
     select c.step, c.status, count(*)::int as commands, count(distinct c.process_id)::int as processes,
            count(*) filter (where t.completed = 1)::int as settled_once,
            count(*) filter (where t.first = 1 and t.last = t.attempts and t.attempts = c.attempts and t.completing = t.last)::int
              as numbered
     from faultline.command c left join tried t using (command_id)
     where c.batch_id = $1::uuid and c.purpose in ('step', 'compensation')
     group by c.step, c.status order by c.step, c.status`,
    [batch_id],
  );
}
