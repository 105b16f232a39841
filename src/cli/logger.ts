// The logger of a process: JSON lines, or readable lines on a terminal. It hides the passwords of addresses.
// FAULTLINE_LOG_LEVEL sets the level (default: info).

import pino from 'pino';
import { hidePasswords, showJson } from '../model/error-text.ts';
import { type Line, prettyRenderer } from '../supervisor/pretty.ts';

export function createLogger(): pino.Logger {
  const out = pino.destination({ fd: 1, sync: true });
  const render = process.stdout.isTTY ? prettyRenderer({ colors: true, stacks: true }) : undefined;
  const write = (text: string) => {
    const line = hidePasswords(text);
    out.write(render ? render(undefined, JSON.parse(line) as Line) : showJson(line));
  };
  return pino({ base: {}, level: process.env.FAULTLINE_LOG_LEVEL ?? 'info' }, { write });
}
