// An injected crash in whole processes: a supervised worker really dies of it, is started again, and nothing waits for its leases.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChaosCrash } from '../../src/cli/chaos-crash.ts';
import type { BatchDetail, ProcessDetail } from '../../src/http/contract.ts';
import { silentLogger } from '../../src/model/env.ts';
import { killFaultlines, SLOW, startFaultline } from '../support/command-line.ts';
import { findTestPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const APP = fileURLToPath(new URL('./holding-app.mjs', import.meta.url));
/** Longer than any test: what comes back sooner did not wait for it. */
const LONG_LEASE_MS = 600_000;

describe('a worker dies of an injected crash', () => {
  class Died extends Error {}

  /** Crashes after so many ms of work; true when the process would have ended. */
  function crashAfter(ms: number, { supervised = true, drained = false } = {}): boolean {
    vi.stubEnv('FAULTLINE_SUPERVISED', supervised ? '1' : '');
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Died();
    });
    let now_ms = 1_000_000;
    const chaosCrash = new ChaosCrash({ monotonicMs: () => now_ms, logger: silentLogger });
    chaosCrash.crash();
    chaosCrash.enable();
    now_ms += ms;
    if (drained) chaosCrash.disable();
    try {
      chaosCrash.crash();
      return false;
    } catch {
      expect(exit).toHaveBeenCalledExactlyOnceWith(86);
      return true;
    }
  }
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    ['after five seconds of work', 5_000, {}, true],
    ['not sooner', 4_999, {}, false],
    ['not without a supervisor', 60_000, { supervised: false }, false],
    ['not while it drains', 60_000, { drained: true }, false],
  ])('%s', (_, ms, how, dies) => {
    expect(crashAfter(ms, how)).toBe(dies);
  });
});

describe('under start', () => {
  let folder: string;
  let port: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-crash-'));
    port = await findTestPort();
  });
  afterEach(async () => {
    killFaultlines();
    await until('no process is left', () => processesOf(folder).length === 0);
    await rm(folder, { recursive: true, force: true });
  });

  const read = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { signal: AbortSignal.timeout(5_000) });
    return answer.json() as Promise<T>;
  };
  const workerPid = () => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).children['work-1'] as number;

  async function launch(body: object): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/process-batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ process_type: 'Holding', lease_ms: LONG_LEASE_MS, ...body }),
    });
    const said = (await answer.json()) as { batch_id: string };
    expect([answer.status, said]).toEqual([202, { ...said, batch_id: expect.any(String) }]);
    return said.batch_id;
  }

  async function attemptsOf(batch_id: string) {
    const { items } = await read<{ items: { process_id: string }[] }>(`/process-batches/${batch_id}/processes`);
    const detail = await read<ProcessDetail>(`/processes/${items[0]?.process_id}`);
    return detail.steps.flatMap((step) => step.attempts.map(({ outcome, fault }) => [outcome, fault]));
  }

  test('the worker dies, comes back at once, and its crashed attempt and the innocent one beside it go on', async () => {
    const line = await startFaultline(['--port', String(port), '--data-dir', folder, '--app', APP, '--workers', '1']);
    const pid = workerPid();
    // Its first attempt waits forever: only the end of its worker's leases brings a second.
    const innocent = await launch({ hold: true });
    // Each comes to a crash on its first attempt; those of the first five seconds die alone, and wait for their leases.
    const crashing: string[] = [];
    await until(
      'the worker died and came back',
      async () => {
        crashing.push(await launch({ hold: true, behavior: { hold: { crash_pct: 100 } } }));
        return workerPid() !== pid;
      },
      { ...SLOW, every_ms: 500 },
    );
    const status = async (batch_id: string) => (await read<BatchDetail>(`/process-batches/${batch_id}`)).status;
    await until('the innocent one is done', async () => (await status(innocent)) === 'COMPLETED', SLOW);
    expect(await attemptsOf(innocent)).toEqual([
      ['lease_expired', null],
      ['success', null],
    ]);
    expect(crashing.length).toBeGreaterThan(1);
    await until(
      'a lease of 600 s ended with the worker that died, marked',
      async () => (await attemptsOf(crashing[0] ?? ''))[0]?.[0] === 'lease_expired',
      SLOW,
    );
    expect((await attemptsOf(crashing[0] ?? ''))[0]).toEqual(['lease_expired', 'crash']);
    expect(line.said.stdout).toMatch(/work-1 exited \(exit code 86.*\) as intended; restarting it/);
    expect(line.said.stdout).not.toMatch(/work-1 died/);
  }, 120_000);
});
