// The chaos lab's public surface: behavior documents, seeded rolls, and the hooks that inject them.
export { type CommandBehavior, commandBehaviorSchema, type ProcessBehavior, processBehaviorSchema } from './behavior.ts';
