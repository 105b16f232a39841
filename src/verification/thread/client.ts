// Analysis in a separate thread, so that seconds of replaying delay no request. The thread starts with the first
// question and ends after a minute without one. If it dies, its questions fail, and the next one starts another thread.

import { Worker } from 'node:worker_threads';
import { watchLife } from '../../model/liveness.ts';
import type { Analysis, PredictRequest } from '../analysis.ts';
import type { Prediction } from '../schemas.ts';
import type { Verified } from '../verify.ts';
import { fromSent, type Message, type Question } from './messages.ts';

const IDLE_MS = 60_000;
/** It replays for milliseconds at a time: one that is silent for this long is stuck in an application's code. */
const SILENT_MS = 60_000;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress?(verified: number): void;
}

export class AnalysisThread implements Analysis {
  readonly #entry: URL;
  readonly #data: unknown;
  readonly #pending = new Map<number, Pending>();
  #thread: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;
  #asked = 0;

  /** @param entry a module that calls `serveAnalysis` @param data its `workerData` */
  constructor(entry: URL, data: unknown) {
    this.#entry = entry;
    this.#data = data;
  }

  predict(request: PredictRequest): Promise<Prediction> {
    return this.#ask((id) => ({ id, kind: 'predict', request }));
  }

  verify(batch_id: string, onProgress?: (verified: number) => void): Promise<Verified | null> {
    return this.#ask((id) => ({ id, kind: 'verify', batch_id }), onProgress);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#end();
    this.#failAll(new Error('The server is closing.'));
  }

  #ask<T>(question: (id: number) => Question, onProgress?: Pending['onProgress']): Promise<T> {
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    const id = ++this.#asked;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject, onProgress }));
    this.#thread.postMessage(question(id));
    return answer as Promise<T>;
  }

  #start(): Worker {
    const thread = new Worker(this.#entry, {
      workerData: this.#data,
      // Room for several windows of short-lived rows: with half of it, verification takes a tenth longer.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    // A thread that was ended has a successor, whose questions must not fail with it.
    const fail = (error: Error) => thread === this.#thread && this.#failAll(error);
    const watch = watchLife({
      silent_ms: SILENT_MS,
      loading_ms: SILENT_MS,
      onSilent: () => {
        fail(new Error('Code of a process definition kept the analysis thread busy for a minute.'));
        void thread.terminate();
      },
    });
    thread.on('message', (message: Message) => {
      watch.sign(true);
      if (message !== 'alive') this.#receive(message);
    });
    thread.on('error', fail);
    thread.on('exit', (code) => {
      watch.stop();
      fail(new Error(`The analysis thread ended with code ${code}.`));
    });
    return thread;
  }

  #receive(message: Exclude<Message, 'alive'>): void {
    const pending = this.#pending.get(message.id);
    if ('verified' in message) {
      pending?.onProgress?.(message.verified);
      return;
    }
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) {
      // A late answer of a thread that was ended may come while the timer runs: a second one could not be stopped.
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
    }
    if ('error' in message) pending?.reject(fromSent(message.error));
    else pending?.resolve(message.value);
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.terminate();
  }

  #failAll(error: Error): void {
    this.#thread = null;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
