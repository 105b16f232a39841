// TestCommand: a command that returns its payload, to try chaos on. Its handler is an ordinary one.

import type { HandlerRegistry } from '../bus/handlers.ts';

export const TEST_DOMAIN = 'e2e';
export const TEST_COMMAND = 'TestCommand';

/** Registers the handler of `e2e/TestCommand`. */
export function registerTestCommand(registry: HandlerRegistry): void {
  registry.register<unknown>(TEST_DOMAIN, TEST_COMMAND, (payload, { command }) => ({
    echo: payload,
    attempt: command.attempts,
  }));
}
