// The chaos lab's public surface: behavior documents, seeded rolls, the hooks that inject them, and what stops them.

export {
  type CommandBehavior,
  commandBehaviorSchema,
  compactBehavior,
  type ProcessBehavior,
  processBehaviorSchema,
} from './behavior.ts';
export { changeBehavior, stopInjection } from './behavior-changes.ts';
export { decide, type Injection } from './decide.ts';
export { FAULTS, type FaultName } from './faults/index.ts';
export { createGuard, type GuardContext } from './guard.ts';
export { type ChaosOptions, chaosHooks } from './inject.ts';
export {
  type AskedChaos,
  type KillSwitch,
  readKillSwitch,
  refuseWhileStopped,
  resumeChaos,
  stopChaos,
} from './kill-switch.ts';
export type { TestCommand } from './queries/test-command.ts';
export { TestCommandRepository } from './repository.ts';
export { hits, type RollSource, roll } from './roll.ts';
export { registerTestCommand, TEST_COMMAND, TEST_DOMAIN } from './test-command.ts';
