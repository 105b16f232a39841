// The logger of a process: JSON lines where something reads them, readable lines on a terminal.
// FAULTLINE_LOG_LEVEL sets how much is said (info). Promises that no password of an address is written.

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
