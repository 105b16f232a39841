// The side of the analysis thread: answers each question as it arrives, with a value or an error.

import { parentPort } from 'node:worker_threads';
import { giveSigns } from '../../model/liveness.ts';
import type { Analysis } from '../analysis.ts';
import { type Message, type Question, toSent } from './messages.ts';

/** Answers the questions of the thread that started this one. */
export function serveAnalysis(opening: Promise<Analysis>): void {
  const port = parentPort;
  if (port === null) throw new Error('This is not a thread.');
  const send = (message: Message) => port.postMessage(message);
  giveSigns(() => send('alive'));
  opening.catch(() => {});
  port.on('message', async (question: Question) => {
    const { id } = question;
    try {
      const analysis = await opening;
      const value =
        question.kind === 'predict'
          ? await analysis.predict(question.request)
          : await analysis.verify(question.batch_id, (verified) => send({ id, verified }));
      send({ id, value });
    } catch (error) {
      send({ id, error: toSent(error) });
    }
  });
}
