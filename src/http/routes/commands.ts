// Commands: send, list, read, and an operator's verbs on one.

import { z } from 'zod';
import type { CommandRequest } from '../../bus/request.ts';
import { cancelLiveCommand } from '../../bus/terminate.ts';
import { completeCommand, retryCommand } from '../../bus/troubleshooting.ts';
import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import { readTestCommands } from '../../chaos/queries/test-command.ts';
import { findCommand, findReplyOf } from '../../db/queries/read-commands.ts';
import { listAttempts } from '../../db/queries/read-processes.ts';
import { orNotFound } from '../../model/errors.ts';
import { sendOnce } from '../../process/launch-commands.ts';
import { parseCommands } from '../command-body.ts';
import { readCommandPage } from '../command-pages.ts';
import { API_PREFIX, type App, type RouteContext } from '../context.ts';
import {
  type CommandDetail,
  cancelBodySchema,
  commandDetailSchema,
  commandSchema,
  commandsQuerySchema,
  idempotencyHeaders,
  idSchema,
  newCommandSchema,
  pageOf,
  sendAnswerSchema,
  verbAnswerSchema,
  verbBodySchema,
} from '../contract.ts';
import { readIdempotency } from '../idempotency.ts';
import { operatorOf, route } from '../route.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';

const tags = ['commands'];
const params = z.object({ command_id: idSchema });

export function commandRoutes(api: App, context: RouteContext): void {
  addSend(api, context);
  addVerbs(api, context);
  addReads(api, context);
}

function addSend(api: App, context: RouteContext): void {
  const { bus, pool } = context;
  api.post(
    '/commands',
    route(
      { 202: sendAnswerSchema },
      { tags, summary: 'Send one command', headers: idempotencyHeaders, body: newCommandSchema },
    ),
    async ({ body, headers }, reply) => {
      const [request] = parseCommands(context, [body], () => '') as [CommandRequest];
      const idempotency = readIdempotency(headers, body);
      await refuseWhileStopped(pool, [request], idempotency);
      const command_id = await sendOnce(bus, request, idempotency);
      const status = 'PENDING' as const;
      return reply.code(202).header('location', `${API_PREFIX}/commands/${command_id}`).send({ command_id, status });
    },
  );
}

function addVerbs(api: App, { bus }: RouteContext): void {
  const answers = { 200: verbAnswerSchema };

  api.post(
    '/commands/:command_id/retry',
    route(answers, {
      tags,
      summary: 'Retry a parked command with a fresh round of attempts',
      params,
      body: verbBodySchema.nullish(),
    }),
    ({ params, body }) => retryCommand(bus, params.command_id, operatorOf(body)),
  );

  api.post(
    '/commands/:command_id/cancel',
    route(
      answers,
      {
        tags,
        summary: 'Cancel a command that is not settled: pending, in progress or parked. Needs a reason',
        description: 'The process of a cancelled command undoes what it did.',
        params,
        body: cancelBodySchema,
      },
      NEVER_LIMITED,
    ),
    ({ params, body }) => cancelLiveCommand(bus, params.command_id, { ...operatorOf(body), reason: body.reason }),
  );

  api.post(
    '/commands/:command_id/complete',
    route(answers, {
      tags,
      summary: 'Take a parked command as done, with `result` as the result of its handler',
      params,
      body: verbBodySchema.nullish(),
    }),
    ({ params, body }) => completeCommand(bus, params.command_id, operatorOf(body), body?.result),
  );
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/commands',
    route(
      { 200: pageOf(commandSchema) },
      { tags, summary: 'List commands, newest first, without internal ones', querystring: commandsQuerySchema },
    ),
    ({ query }) => readCommandPage(pool, query),
  );

  api.get(
    '/commands/:command_id',
    route(
      { 200: commandDetailSchema },
      { tags, summary: 'Read a command with its attempts, its chaos and its reply', params },
    ),
    async ({ params: { command_id } }): Promise<CommandDetail> => {
      const { created_at_us: _us, ...command } = orNotFound(await findCommand(pool, command_id), 'command', command_id);
      const [attempts, reply, [chaos]] = await Promise.all([
        listAttempts(pool, [command_id]),
        findReplyOf(pool, command_id),
        readTestCommands(pool, [command_id]),
      ]);
      return {
        ...toWire(command),
        behavior: chaos?.behavior ?? null,
        history: attempts.map(({ command_id: _id, ...attempt }) => toWire(attempt)),
        reply: reply && toWire(reply),
        audit: `${API_PREFIX}/audit?command_id=${command.command_id}`,
      };
    },
  );
}
