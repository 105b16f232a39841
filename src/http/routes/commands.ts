// Commands: send, list, read, and an operator's verbs on one.

import type { CommandRequest } from '../../bus/request.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../bus/troubleshooting.ts';
import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import { readTestCommands } from '../../chaos/queries/test-command.ts';
import { findCommand, findReplyOf } from '../../db/queries/read-commands.ts';
import { listAttempts } from '../../db/queries/read-processes.ts';
import { orNotFound } from '../../model/errors.ts';
import { sendOnce } from '../../process/launch-commands.ts';
import { parseCommands } from '../command-body.ts';
import { readCommandPage } from '../command-pages.ts';
import { API_PREFIX, type App, type RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { readIdempotency } from '../idempotency.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'commands';

export function commandRoutes(api: App, context: RouteContext): void {
  addSend(api, context);
  addVerbs(api, context);
  addReads(api, context);
}

function addSend(api: App, context: RouteContext): void {
  const { bus, pool } = context;
  api.post(
    '/commands',
    route(tag, 'Send one command', wire.sendAnswerSchema, {
      headers: wire.idempotencyHeaders,
      body: wire.newCommandSchema,
      status: 202,
    }),
    async ({ body, headers }, reply) => {
      const [request] = parseCommands(context, [body], () => '') as [CommandRequest];
      const idempotency = readIdempotency(headers, { command: body });
      await refuseWhileStopped(pool, [request], idempotency);
      const command_id = await sendOnce(bus, request, idempotency);
      const status = 'PENDING' as const;
      return reply.code(202).header('location', `${API_PREFIX}/commands/${command_id}`).send({ command_id, status });
    },
  );
}

function addVerbs(api: App, { bus }: RouteContext): void {
  api.post(
    '/commands/:command_id/retry',
    route(tag, 'Retry a parked command with a fresh round of attempts', wire.verbAnswerSchema, {
      params: wire.commandParams,
      body: wire.verbBodySchema.nullish(),
    }),
    ({ params, body }) => retryCommand(bus, params.command_id, operatorOf(body)),
  );

  api.post(
    '/commands/:command_id/cancel',
    route(
      tag,
      'Cancel a command that is not settled: pending, in progress or parked. Needs a reason',
      wire.verbAnswerSchema,
      {
        description: 'The process of a cancelled command undoes what it did.',
        params: wire.commandParams,
        body: wire.cancelBodySchema,
        unlimited: true,
      },
    ),
    ({ params, body }) => cancelCommand(bus, params.command_id, { ...operatorOf(body), reason: body.reason }),
  );

  api.post(
    '/commands/:command_id/complete',
    route(tag, 'Take a parked command as done, with `result` as the result of its handler', wire.verbAnswerSchema, {
      params: wire.commandParams,
      body: wire.verbBodySchema.nullish(),
    }),
    ({ params, body }) => completeCommand(bus, params.command_id, operatorOf(body), body?.result),
  );
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/commands',
    route(tag, 'List commands, newest first, without internal ones', wire.pageOf(wire.commandSchema), {
      querystring: wire.commandsQuerySchema,
    }),
    ({ query }) => readCommandPage(pool, query),
  );

  api.get(
    '/commands/:command_id',
    route(tag, 'Read a command with its attempts, its chaos and its reply', wire.commandDetailSchema, {
      params: wire.commandParams,
    }),
    async ({ params: { command_id } }): Promise<wire.CommandDetail> => {
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
