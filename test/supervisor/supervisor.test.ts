// Children are kept running, given up when they cannot be, and stopped in order: with real processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '../../src/model/env.ts';
import type { ChildSpec, Exit } from '../../src/supervisor/supervised-child.ts';
import { Supervisor, type SupervisorOptions } from '../../src/supervisor/supervisor.ts';
import { isRunning } from '../support/processes.ts';
import { signal, until } from '../support/until.ts';

const spawned: ChildProcess[] = [];
afterEach(() => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
});

const STAY = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`;
const DEAF = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;

/** A child that runs `source`; it counts as started when that is loaded. */
function child(name: string, source: string, rest: Partial<ChildSpec> = {}): ChildSpec & { starts: number } {
  const spec = {
    name,
    stage: 0,
    stop_ms: 10_000,
    starts: 0,
    start: async () => {
      spec.starts++;
      const process = spawn(globalThis.process.execPath, ['-e', `${source}; console.log('up')`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      spawned.push(process);
      const exited = new Promise<Exit>((done) => process.once('exit', (code, signal) => done({ code, signal })));
      await Promise.race([exited, new Promise((up) => createInterface({ input: process.stdout }).once('line', up))]);
      return {
        pid: process.pid as number,
        exited,
        stop: () => void process.kill('SIGTERM'),
        kill: () => void process.kill('SIGKILL'),
      };
    },
    ...rest,
  };
  return spec;
}

function supervisor(options: Partial<SupervisorOptions> = {}) {
  const gaveUp = signal<string>('giving up');
  const made = new Supervisor({
    logger: silentLogger,
    restart_ms: [0],
    onGiveUp: (_, reason) => gaveUp.fire(reason),
    ...options,
  });
  return {
    add: made.add.bind(made),
    pidOf: made.pidOf.bind(made),
    interrupt: made.interrupt.bind(made),
    whenUp: made.whenUp.bind(made),
    stop: made.stop.bind(made),
    gaveUp: gaveUp.promise,
  };
}

test('a child that is killed is started again, and an ordered stop ends it', async () => {
  const { add, pidOf, stop } = supervisor();
  const spec = child('work', STAY);
  await add(spec);
  const first = pidOf('work') as number;
  process.kill(first, 'SIGKILL');
  const second = await until('another one runs', () => {
    const pid = pidOf('work');
    return pid !== first && pid;
  });
  await stop();
  expect(isRunning(second)).toBe(false);
  expect(pidOf('work')).toBeUndefined();
  expect(spec.starts).toBe(2);
});

test('a child that dies ten times in a minute is given up, with the reason', async () => {
  const { add, stop, gaveUp } = supervisor();
  const spec = child('work', 'process.exit(7)');
  await add(spec);
  expect(await gaveUp).toBe('work died 10 times within 60 s, last by exit code 7');
  expect(spec.starts).toBe(10);
  await stop();
});

test('a child that did its work each time before it died is never given up', async () => {
  const { add, stop, gaveUp } = supervisor();
  const spec = child('work', 'process.exit(7)', {});
  const { start } = spec;
  spec.start = async () => ({ ...(await start()), worked: () => true });
  let said = false;
  void gaveUp.then(
    () => {
      said = true;
    },
    () => {},
  );
  await add(spec);
  await until('it was started often', () => spec.starts > 12);
  await stop();
  expect(said).toBe(false);
});

test('a child whose start cannot be recorded is not started twice', async () => {
  const { add, pidOf, stop } = supervisor({
    onStarted: () => {
      throw new Error('ENOSPC: no space left on device');
    },
  });
  const spec = child('work', STAY);
  await add(spec);
  const first = pidOf('work') as number;
  expect(isRunning(first)).toBe(true);
  process.kill(first, 'SIGKILL');
  await until('another one runs', () => ![undefined, first].includes(pidOf('work')));
  expect(spec.starts).toBe(2);
  await stop();
});

test('deaths long ago do not count', async () => {
  // A window of nothing: each death is the only one in it.
  const { add, stop, gaveUp } = supervisor({ window_ms: 0 });
  const spec = child('work', 'process.exit(7)');
  await add(spec);
  await until('it was started often', () => spec.starts > 12);
  let said = false;
  void gaveUp.then(
    () => {
      said = true;
    },
    () => {},
  );
  await stop();
  expect(said).toBe(false);
});

test('an end that is not its own fault does not count, and it waits for what it needs', async () => {
  const { add, stop, whenUp, pidOf } = supervisor({ max_deaths: 1 });
  const database = signal('the database is back');
  let asked = 0;
  const spec = child('work', 'setTimeout(() => process.exit(3), 1)', {
    isBlameless: (exit) => exit.code === 3,
    ready: () => {
      asked++;
      return database.promise;
    },
  });
  await add(spec);
  await until('it asked for the database', () => asked === 1);
  expect(spec.starts).toBe(1);
  expect(pidOf('work')).toBeUndefined();
  const up = whenUp('work');
  database.fire();
  await up;
  expect(spec.starts).toBe(2);
  await stop();
});

test('an end that was wanted is no death', async () => {
  const { add, stop, gaveUp } = supervisor({ max_deaths: 2 });
  let said: string | undefined;
  gaveUp.then(
    (reason) => {
      said = reason;
    },
    () => {},
  );
  const spec = child('work', 'process.exit(86)', { isIntended: (exit) => exit.code === 86 });
  await add(spec);
  await until('it was started often', () => spec.starts > 4);
  expect(said).toBeUndefined();
  await stop();
});

test('a child that is interrupted restarts at once, and may be interrupted any number of times', async () => {
  // A single death of its own would be its last, and its restart would take a minute.
  const { add, stop, pidOf, interrupt, gaveUp } = supervisor({ max_deaths: 2, restart_ms: [60_000] });
  const spec = child('work', STAY);
  await add(spec);
  for (const how of ['kill', 'stop', 'kill', 'kill'] as const) {
    const before = pidOf('work');
    expect(interrupt('work', how)).toBe(true);
    await until('another one runs', () => pidOf('work') !== undefined && pidOf('work') !== before);
  }
  expect(spec.starts).toBe(5);
  expect(interrupt('unknown', 'kill')).toBe(false);
  // A death of its own after that is one.
  process.kill(pidOf('work') as number, 'SIGKILL');
  await until('it is gone', () => pidOf('work') === undefined);
  expect(interrupt('work', 'kill')).toBe(false);
  await stop();
  expect(spec.starts).toBe(5);
  await expect(Promise.race([gaveUp, 'not given up'])).resolves.toBe('not given up');
});

test('a child that is interrupted waits for what it depends on, like any other', async () => {
  const { add, stop, pidOf, interrupt } = supervisor();
  const database = signal('the database is back');
  const spec = child('work', STAY, { ready: () => database.promise });
  await add(spec);
  interrupt('work', 'kill');
  await until('it is gone', () => pidOf('work') === undefined);
  expect(spec.starts).toBe(1);
  database.fire();
  await until('it is back', () => pidOf('work') !== undefined);
  await stop();
});

test('higher stages stop before lower ones, and one stage together', async () => {
  const { add, stop } = supervisor();
  const order: string[] = [];
  for (const [name, stage] of [
    ['postgres', 0],
    ['serve', 1],
    ['work-1', 2],
    ['work-2', 2],
  ] as const) {
    const spec = child(name, STAY, { stage });
    const { start } = spec;
    spec.start = async () => {
      const running = await start();
      void running.exited.then(() => order.push(name));
      return running;
    };
    await add(spec);
  }
  await stop();
  expect(order.slice(0, 2).sort()).toEqual(['work-1', 'work-2']);
  expect(order.slice(2)).toEqual(['serve', 'postgres']);
});

test('one that does not listen is killed when its time is up', async () => {
  const { add, stop, pidOf } = supervisor();
  await add(child('work', DEAF, { stop_ms: 100 }));
  const pid = pidOf('work') as number;
  await stop();
  expect(isRunning(pid)).toBe(false);
});

test('a stop during a start waits for it and ends what was started', async () => {
  const { add, stop, pidOf } = supervisor();
  const starting = add(child('work', STAY));
  const stopping = stop();
  await starting;
  await stopping;
  expect(pidOf('work')).toBeUndefined();
  expect(spawned.every((process) => !isRunning(process.pid as number))).toBe(true);
  await expect(add(child('late', STAY))).rejects.toThrow('not started any more');
});

test('a first start that fails is told to who asked, and not repeated', async () => {
  const { add, stop } = supervisor();
  let starts = 0;
  const start = async () => {
    starts++;
    throw new Error('no such program');
  };
  await expect(add({ name: 'work', stage: 0, stop_ms: 1_000, start })).rejects.toThrow('no such program');
  await stop();
  expect(starts).toBe(1);
});

test('a restart that fails counts as a death', async () => {
  const { add, stop, gaveUp } = supervisor({ max_deaths: 3 });
  const spec = child('work', 'setTimeout(() => process.exit(1), 1)');
  const { start } = spec;
  spec.start = () => (spec.starts === 0 ? start() : Promise.reject(new Error('the folder is gone')));
  await add(spec);
  expect(await gaveUp).toBe('work died 3 times within 60 s, last by not starting: the folder is gone');
  await stop();
});
