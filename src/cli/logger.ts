// The logger of a process: JSON lines where something reads them, readable lines on a terminal.
// FAULTLINE_LOG_LEVEL sets how much is said (info).

import pino from 'pino';
import pretty from 'pino-pretty';

export function createLogger(): pino.Logger {
  const options = { base: {}, level: process.env.FAULTLINE_LOG_LEVEL ?? 'info' };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ translateTime: 'SYS:HH:MM:ss', singleLine: true, sync: true }));
}
