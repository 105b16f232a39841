// A laboratory in a thread of its own, so that seconds of replaying keep no request waiting. The thread starts with the first
// question and ends when nobody has asked for a while; one that dies fails what was asked of it, and the next question starts another.

import { Worker } from 'node:worker_threads';
import { FaultlineError } from '../model/errors.ts';
import { watchLife } from '../model/liveness.ts';
import type { Laboratory } from './analysis.ts';
import type { LabAnswer, LabError, LabQuestion, LabThreadData } from './analysis-thread.ts';

const IDLE_MS = 60_000;
/** It replays in slices of milliseconds: one that is silent for so long is caught in an application's code. */
const SILENT_MS = 60_000;

type Asked = { resolve(value: unknown): void; reject(error: Error): void };

export function openLabThread(data: LabThreadData): Laboratory {
  const waiting = new Map<number, Asked>();
  let thread: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let asked = 0;

  const failAll = (error: Error) => {
    thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./analysis-thread.js', import.meta.url), {
      workerData: data,
      // A slice is read, replayed and dropped: with room for many of them, little is moved about. Half of it costs a tenth of the time.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    const watch = watchLife({
      silent_ms: SILENT_MS,
      loading_ms: SILENT_MS,
      onSilent: () => {
        failIfCurrent(new Error('Code of a process definition kept the laboratory busy for a minute.'));
        void started.terminate();
      },
    });
    started.once('exit', watch.stop);
    started.on('message', (message: LabAnswer | 'alive') => {
      watch.sign(true);
      if (message === 'alive') return;
      const question = waiting.get(message.id);
      waiting.delete(message.id);
      if (waiting.size === 0) rest();
      if ('error' in message) question?.reject(asError(message.error));
      else question?.resolve(message.value);
    });
    // One that was ended has a successor, whose questions are none of its business.
    const failIfCurrent = (error: Error) => thread === started && failAll(error);
    started.on('error', failIfCurrent);
    started.on('exit', (code) => failIfCurrent(new Error(`The laboratory's thread ended with code ${code}.`)));
    return started;
  };

  const rest = () => {
    clearTimeout(idle);
    idle = setTimeout(() => void end(), IDLE_MS);
    idle.unref();
  };

  const end = async () => {
    const ended = thread;
    thread = null;
    await ended?.terminate();
  };

  const ask = <T>(question: DistributiveOmit<LabQuestion, 'id'>): Promise<T> => {
    clearTimeout(idle);
    thread ??= start();
    const id = ++asked;
    const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    thread.postMessage({ ...question, id });
    return answer as Promise<T>;
  };

  return {
    predict: (request) => ask({ kind: 'predict', request }),
    verify: (batch_id, windows) => ask({ kind: 'verify', batch_id, ...(windows && { windows }) }),
    judge: (task) => ask({ kind: 'judge', task }),
    async close() {
      clearTimeout(idle);
      await end();
      failAll(new Error('The server is closing.'));
    },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** With its code, so that a database that is away is told from a mistake; a refusal of our own stays one. */
function asError({ message, code, stack, errors }: LabError): Error {
  const error =
    code !== undefined && errors !== undefined ? new FaultlineError(code, message, { errors }) : new Error(message);
  if (stack) error.stack = stack;
  return code === undefined || error instanceof FaultlineError ? error : Object.assign(error, { code });
}
