// Routes of the verbs that need no troubleshooting queue: cancelling a command, and what an operator does to a whole process.

import { z } from 'zod';
import { cancelLiveCommand } from '../../bus/terminate.ts';
import { cancelProcess, completeProcess, retryProcess } from '../../process/cancel-process.ts';
import type { App, RouteContext } from '../context.ts';
import {
  cancelBodySchema,
  cancelProcessBodySchema,
  idSchema,
  processVerbAnswerSchema,
  verbAnswerSchema,
  verbBodySchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { NEVER_LIMITED } from '../security.ts';
import { operatorOf } from './operator.ts';

const params = z.object({ process_id: idSchema });
const response = { 200: processVerbAnswerSchema, ...problemResponse };
const tags = ['processes'];

export function processVerbRoutes(api: App, { bus }: RouteContext): void {
  api.post(
    '/commands/:command_id/cancel',
    {
      config: NEVER_LIMITED,
      schema: {
        tags: ['commands'],
        summary: 'Give it up before it is settled: waiting, under way or in the troubleshooting queue. Says why',
        params: z.object({ command_id: idSchema }),
        body: cancelBodySchema.omit({ result: true }),
        response: { 200: verbAnswerSchema, ...problemResponse },
      },
    },
    ({ params, body }) => cancelLiveCommand(bus, params.command_id, { ...operatorOf(body), reason: body.reason }),
  );

  api.post(
    '/processes/:process_id/cancel',
    {
      config: NEVER_LIMITED,
      schema: {
        tags,
        summary: 'End it: undo what it did, or with `compensate` false leave it done. Says why',
        params,
        body: cancelProcessBodySchema,
        response,
      },
    },
    ({ params, body: { compensate, ...body } }) =>
      cancelProcess(bus, params.process_id, { ...operatorOf(body), reason: body.reason }, { compensate }),
  );

  api.post(
    '/processes/:process_id/retry',
    {
      schema: {
        tags,
        summary: 'Try again what it waits for in the troubleshooting queue',
        params,
        body: verbBodySchema.nullish(),
        response,
      },
    },
    ({ params, body }) => retryProcess(bus, params.process_id, operatorOf(body)),
  );

  api.post(
    '/processes/:process_id/complete',
    {
      schema: {
        tags,
        summary: 'Take what it waits for as done, with `result` as what the handler returned',
        params,
        body: verbBodySchema.nullish(),
        response,
      },
    },
    ({ params, body }) => completeProcess(bus, params.process_id, operatorOf(body), body?.result),
  );
}
