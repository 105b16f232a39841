// The public surface: define processes, write handlers, run a worker, launch, and operate.
// Chaos is in `faultline/chaos`, the HTTP server in `faultline/http`.

export { capDomain, pauseDomain, resumeDomain } from './bus/domains.ts';
export type { Handler, HandlerContext, Middleware } from './bus/handlers.ts';
export { HandlerRegistry } from './bus/handlers.ts';
export { abortTsqJob, startTsqJob, type TsqJobFilter, type TsqJobRequest } from './bus/jobs.ts';
export type { CancelingOperator, Operator } from './bus/operator.ts';
export { type ConsumedReply, type ConsumeOptions, consumeReplies } from './bus/replies.ts';
export type { CommandRequest } from './bus/request.ts';
export {
  type OpenTransaction,
  type SendOptions,
  type SentCommand,
  type SentCommands,
  send,
  sendMany,
} from './bus/send.ts';
export { changeSettings } from './bus/settings.ts';
export type { SlotOptions } from './bus/slots.ts';
export type { VerbAnswer } from './bus/troubleshooting.ts';
export { cancelCommand, completeCommand, retryCommand } from './bus/troubleshooting.ts';
export type { Worker, WorkerOptions } from './bus/worker.ts';
export { migrate } from './db/migrate.ts';
export { createPool, type Pool, type Tx, withTx } from './db/pool.ts';
export { type JobRecord, readJob as readTsqJob } from './db/queries/jobs.ts';
export type { ClaimedCommand, CommandStatus, Deadline, DeadlineAction, Outcome, Reply } from './model/command.ts';
export type { Env, Logger } from './model/env.ts';
export { createEnv, silentLogger } from './model/env.ts';
export {
  BusinessRuleError,
  ChaosNotInstalledError,
  CommandError,
  ConfigurationError,
  DuplicateCommandError,
  FaultlineError,
  IdempotencyKeyReusedError,
  InvalidInputError,
  LeaseLostError,
  NotFoundError,
  PermanentCommandError,
  TransientCommandError,
  UnknownProcessTypeError,
  WrongStateError,
} from './model/errors.ts';
export type { BatchStatus, CommandPolicy, ProcessStatus } from './model/process.ts';
export type { RetryPolicy } from './model/retry.ts';
export type { Settings, SettingsPatch } from './model/settings.ts';
export type { Application, ApplicationContext, Artifact, ArtifactContent } from './process/application.ts';
export { cancelBatch } from './process/cancel.ts';
export { cancelProcess, completeProcess, type ProcessVerbAnswer, retryProcess } from './process/cancel-process.ts';
export type { ProcessDefinition, StartContext, StepDefinition } from './process/define.ts';
export { defineProcess, ProcessRegistry } from './process/define.ts';
export { type Launched, launchBatch } from './process/launch.ts';
export type { LaunchRequest } from './process/launch-check.ts';
export {
  addCommands,
  type CommandBatchRequest,
  type CommandTemplate,
  closeCommandBatch,
  type LaunchedCommands,
  launchCommands,
} from './process/launch-commands.ts';
export { openService, type Service, type ServiceOptions } from './process/service.ts';
