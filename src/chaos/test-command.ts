// TestCommand: a command that does nothing but answer what it was sent, so that chaos can be tried on it.
// Its handler is an ordinary one and knows of no chaos.

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
