// Routes of commands: send one, send many, list, look.

import { z } from 'zod';
import { send, sendMany } from '../../bus/send.ts';
import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import { findCommand, findReplyOf } from '../../db/queries/read-commands.ts';
import { listAttempts } from '../../db/queries/read-processes.ts';
import { NotFoundError } from '../../model/errors.ts';
import { fieldErrors, PARSE } from '../../model/field-errors.ts';
import { launchCommands, sendManyOnce } from '../../process/launch-commands.ts';
import { refuseUnknownTypes, requestOf } from '../command-body.ts';
import { readCommandPage } from '../command-pages.ts';
import type { App, RouteContext } from '../context.ts';
import {
  bulkAnswerSchema,
  bulkCountSchema,
  bulkListSchema,
  type CommandDetail,
  commandDetailSchema,
  commandSchema,
  commandsQuerySchema,
  idempotencyKeySchema,
  idSchema,
  newCommandSchema,
  pageOf,
  sendAnswerSchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { readIdempotency } from '../launch-body.ts';
import { refuse } from '../validate.ts';
import { toWire } from '../wire.ts';

const tags = ['commands'];
const params = z.object({ command_id: idSchema });
const inList = (index: number) => `commands.${index}.`;

export function commandRoutes(api: App, context: RouteContext): void {
  addSend(api, context);
  addBulk(api, context);
  addReads(api, context);
}

function addSend(api: App, { bus, pool, registry }: RouteContext): void {
  api.post(
    '/commands',
    {
      schema: {
        tags,
        summary: 'Send one command: TestCommand, or any other type',
        body: newCommandSchema,
        response: { 202: sendAnswerSchema, ...problemResponse },
      },
    },
    async ({ body }, reply) => {
      refuseUnknownTypes(registry, [body], () => '');
      const request = requestOf(body);
      await refuseWhileStopped(pool, [request]);
      const { command_id } = await send(bus, request);
      const status = 'PENDING' as const;
      return reply.code(202).header('location', `/api/v1/commands/${command_id}`).send({ command_id, status });
    },
  );
}

function addBulk(api: App, { bus, pool, registry }: RouteContext): void {
  api.post(
    '/commands/bulk',
    {
      // Two shapes, and the mistakes of the one that was meant.
      validatorCompiler: () => (data) => ({ value: data }),
      schema: {
        tags,
        summary: 'Send 1 to 100,000 commands alike, as a batch, or up to 1,000 different ones',
        description:
          'Answers at once; with `count` the commands are created by the workers. All of `commands` are sent, or none.',
        headers: z.looseObject({ 'idempotency-key': idempotencyKeySchema.optional() }),
        body: z.union([bulkCountSchema, bulkListSchema]),
        response: { 202: bulkAnswerSchema, ...problemResponse },
      },
    },
    async (request, reply) => {
      const idempotency = readIdempotency(request.headers['idempotency-key'], request.body);
      const given: unknown = request.body;
      if (typeof given === 'object' && given !== null && 'commands' in given) {
        const { commands } = parse(bulkListSchema, given);
        refuseUnknownTypes(registry, commands, inList);
        const requests = commands.map(requestOf);
        await refuseWhileStopped(pool, requests, idempotency);
        const command_ids =
          idempotency === undefined
            ? (await sendMany(bus, requests)).command_ids
            : await sendManyOnce(bus, requests, idempotency);
        return reply.code(202).send({ command_ids });
      }
      const { count, name, seed, ...template } = parse(bulkCountSchema, given);
      refuseUnknownTypes(registry, [template], () => '');
      const alike = requestOf(template);
      await refuseWhileStopped(pool, [alike], idempotency);
      const launched = await launchCommands(bus, { count, name, seed, template: alike, idempotency }, '');
      const { command_ids: _none, ...answer } = launched;
      return reply.code(202).header('location', `/api/v1/command-batches/${answer.batch_id}`).send(answer);
    },
  );
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body ?? {}, PARSE);
  if (!parsed.success) refuse(fieldErrors(parsed.error.issues));
  return parsed.data as z.output<T>;
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/commands',
    {
      schema: {
        tags,
        summary: "Commands, newest first; Faultline's own are not among them",
        querystring: commandsQuerySchema,
        response: { 200: pageOf(commandSchema), ...problemResponse },
      },
    },
    ({ query }) => readCommandPage(pool, query),
  );

  api.get(
    '/commands/:command_id',
    {
      schema: {
        tags,
        summary: 'One command with its attempts, its chaos and its reply',
        params,
        response: { 200: commandDetailSchema, ...problemResponse },
      },
    },
    async ({ params: { command_id } }): Promise<CommandDetail> => {
      const command = await findCommand(pool, command_id);
      if (command === null) throw new NotFoundError('command', command_id);
      const [attempts, reply] = await Promise.all([listAttempts(pool, [command_id]), findReplyOf(pool, command_id)]);
      const { created_at_us: _us, ...shown } = command;
      return {
        ...toWire(shown),
        history: attempts.map(({ command_id: _id, ...attempt }) => toWire(attempt)),
        reply: reply === null ? null : toWire(reply),
        audit: `/api/v1/audit?command_id=${command.command_id}`,
      };
    },
  );
}
