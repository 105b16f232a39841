// Before execution: one query finds the chaos of a claimed set, its injections are as rolled, and marks are fenced.

import { afterEach, describe, expect, test, vi } from 'vitest';
import type { OutgoingCommand } from '../../src/bus/handlers.ts';
import { decide } from '../../src/chaos/decide.ts';
import { ChaosAnnotation, rollSource } from '../../src/chaos/inject.ts';
import { readChaosSources } from '../../src/chaos/queries/test-command.ts';
import { withTx } from '../../src/db/pool.ts';
import { insertBatch } from '../../src/db/queries/batches.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import { insertProcessesIfAbsent } from '../../src/db/queries/processes.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { DOMAIN, openLab, step, work } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const { pool } = lab.database;
const { beforeExecute } = bus.hooks;
if (beforeExecute === undefined) throw new Error('Chaos is not installed.');

afterEach(() => pool.query('delete from faultline.command'));

/** Sends the commands and claims them, in the order they were sent. */
async function claim(...commands: OutgoingCommand[]): Promise<ClaimedCommand[]> {
  await lab.send(...commands);
  const claimed = await claimReadyCommands(bus.pool, {
    domain: DOMAIN,
    lane: 0,
    limit: 1000,
    claim_id: newId(),
    worker_id: newId(),
  });
  expect(claimed).toHaveLength(commands.length);
  return commands.map(({ command_id }) => claimed.find((c) => c.command_id === command_id) as ClaimedCommand);
}

async function injections(commands: readonly ClaimedCommand[]) {
  const annotations = await beforeExecute?.(commands);
  return commands.map(({ command_id }) => {
    const annotation = annotations?.get(command_id);
    return annotation instanceof ChaosAnnotation ? annotation.injection : undefined;
  });
}

async function faultOf({ command_id }: { command_id: string }): Promise<string | null> {
  const { rows } = await pool.query<{ fault: string | null }>(
    'select fault from faultline.command where command_id = $1',
    [command_id],
  );
  return rows[0]?.fault ?? null;
}

/** A batch with this seed and one process of that ordinal in it. */
async function batchedProcess(seed: string, ordinal: number): Promise<{ batch_id: string; process_id: string }> {
  const [batch_id, process_id] = [newId(), newId()];
  await withTx(pool, async (tx) => {
    await insertBatch(tx, {
      batch_id,
      kind: 'process',
      name: null,
      process_type: 'Assembly',
      process_version: 1,
      domain: DOMAIN,
      status: 'RUNNING',
      total_count: 100,
      seed,
      input: {},
      behavior: null,
      max_attempts: 3,
      backoff_ms: [0],
      lease_ms: 1000,
    });
    const process = {
      process_type: 'Assembly',
      version: 1,
      domain: DOMAIN,
      first_step: 'cut',
      first_command_id: newId(),
    };
    await insertProcessesIfAbsent(tx, 0, [{ ...process, process_id, batch_id, ordinal, state: {} }]);
  });
  return { batch_id, process_id };
}

describe('rolls are drawn', () => {
  const behavior = { fail_transient_pct: 30, timeout_pct: 20, min_duration_ms: 0, max_duration_ms: 1000 };

  test('from seed and ordinal, for a process of a batch', async () => {
    const places = await Promise.all(Array.from({ length: 20 }, (_, n) => batchedProcess('batch.seed', n + 60)));
    const claimed = await claim(...places.map((place) => step(behavior, { ...place, step: 'cut#2' })));
    const expected = places.map((_, n) =>
      decide(behavior, { seed: 'batch.seed', key: n + 60, step: 'cut#2', attempt: 1 }),
    );
    expect(await injections(claimed)).toEqual(expected);
    expect(new Set(expected.map(({ kind }) => kind)).size).toBeGreaterThan(1);
  });

  test('from the process id, for a process without a batch', async () => {
    const process_id = newId();
    await withTx(pool, (tx) => {
      const process = {
        process_type: 'Assembly',
        version: 1,
        domain: DOMAIN,
        first_step: 'cut',
        first_command_id: newId(),
      };
      return insertProcessesIfAbsent(tx, 0, [{ ...process, process_id, batch_id: null, ordinal: 0, state: {} }]);
    });
    const claimed = await claim(step(behavior, { process_id }));
    const source = { seed: process_id, key: process_id, step: 'cut', attempt: 1 };
    expect(
      (await readChaosSources(pool, claimed)).map((found) => rollSource(claimed[0] as ClaimedCommand, found)),
    ).toEqual([source]);
    expect(await injections(claimed)).toEqual([decide(behavior, source)]);
  });

  test('from the command id and its type, for a standalone command', async () => {
    const claimed = await claim(work(behavior), work(behavior), work(behavior));
    const expected = claimed.map(({ command_id }) =>
      decide(behavior, { seed: command_id, key: command_id, step: 'Work', attempt: 1 }),
    );
    expect(await injections(claimed)).toEqual(expected);
  });

  test('again for each attempt', async () => {
    const [command] = await claim(work(behavior));
    const { command_id } = command as ClaimedCommand;
    const attempts = Array.from({ length: 10 }, (_, n) => ({ ...(command as ClaimedCommand), attempts: n + 1 }));
    const drawn = [];
    for (const attempt of attempts) drawn.push(...(await injections([attempt])));
    expect(drawn).toEqual(
      attempts.map(({ attempts: attempt }) =>
        decide(behavior, { seed: command_id, key: command_id, step: 'Work', attempt }),
      ),
    );
  });
});

describe('a set', () => {
  test('takes one query; with faults that keep an attempt from settling, one statement more for all of them', async () => {
    const calm = await claim(work({ min_duration_ms: 5 }), work({ fail_permanent_pct: 100 }), work(null));
    const query = vi.spyOn(bus.pool, 'query');
    expect(await injections(calm)).toEqual([
      { kind: 'none', duration_ms: 5 },
      { kind: 'permanent', duration_ms: 0 },
      undefined,
    ]);
    expect(query).toHaveBeenCalledTimes(1);

    await pool.query('delete from faultline.command');
    const hanging = await claim(
      ...Array.from({ length: 40 }, () => work({ timeout_pct: 100 })),
      work({ timeout_pct: 0 }),
    );
    query.mockClear();
    const drawn = await injections(hanging);
    expect(query).toHaveBeenCalledTimes(2);
    expect(drawn.map((injection) => injection?.kind)).toEqual([...Array.from({ length: 40 }, () => 'timeout'), 'none']);
    const faults = await Promise.all(hanging.map(faultOf));
    expect(faults).toEqual([...Array.from({ length: 40 }, () => 'timeout'), null]);
  });

  test('of nothing takes none', async () => {
    const query = vi.spyOn(bus.pool, 'query');
    expect(await beforeExecute([])).toEqual(new Map());
    expect(query).not.toHaveBeenCalled();
  });

  test('only faults that keep an attempt from settling are marked before they happen', async () => {
    const claimed = await claim(
      work({ fail_permanent_pct: 100 }),
      work({ fail_transient_pct: 100 }),
      work({ fail_business_rule_pct: 100 }),
    );
    await injections(claimed);
    expect(await Promise.all(claimed.map(faultOf))).toEqual([null, null, null]);
  });
});

describe('a timeout is neither marked nor injected', () => {
  test('where another claim holds the command', async () => {
    const [mine, kept] = (await claim(work({ timeout_pct: 100 }), work({ timeout_pct: 100 }))) as [
      ClaimedCommand,
      ClaimedCommand,
    ];
    await pool.query('update faultline.command set claim_id = $2 where command_id = $1', [mine.command_id, newId()]);
    expect(await injections([mine, kept])).toEqual([undefined, { kind: 'timeout', duration_ms: 0 }]);
    expect([await faultOf(mine), await faultOf(kept)]).toEqual([null, 'timeout']);
  });

  test('where the lease has run out', async () => {
    const claimed = await claim(work({ timeout_pct: 100 }));
    await pool.query('update faultline.command set lease_expires_at = now()');
    expect(await injections(claimed)).toEqual([undefined]);
    expect(await Promise.all(claimed.map(faultOf))).toEqual([null]);
  });

  test('where the command was settled meanwhile', async () => {
    const claimed = await claim(work({ timeout_pct: 100 }));
    await pool.query(`update faultline.command set status = 'PENDING', lease_expires_at = null`);
    expect(await injections(claimed)).toEqual([undefined]);
    expect(await Promise.all(claimed.map(faultOf))).toEqual([null]);
  });

  test('on a copy of the command in another lane', async () => {
    const [mine] = (await claim(work({ timeout_pct: 100 }))) as [ClaimedCommand];
    expect(await injections([{ ...mine, lane: 1 }])).toEqual([undefined]);
    expect(await faultOf(mine)).toBeNull();
  });
});

test('the hooks of one process leave the annotations of others alone', async () => {
  const [layer] = bus.hooks.middleware ?? [];
  const [command] = (await claim(work({ fail_permanent_pct: 100 }))) as [ClaimedCommand];
  const attempt = {
    command,
    payload: {},
    annotation: { behavior: { fail_permanent_pct: 100 }, injection: { kind: 'permanent' } },
    signal: new AbortController().signal,
    logger: bus.env.logger,
    abandonLease: () => {},
    markFault: () => {},
    dropOutcome: () => {},
    extendLease: async () => {},
    wait: async () => {},
  };
  expect(await layer?.(attempt, async () => 'the result of the handler')).toBe('the result of the handler');
});
