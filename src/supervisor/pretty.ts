// A log line for people: time, source, message and fields. Text in it cannot start a line or control the terminal.

import { prettyFactory } from 'pino-pretty';
import { showJson, showLines, showText } from '../model/error-text.ts';

export interface Line {
  level: number;
  time: number;
  msg?: string;
  [field: string]: unknown;
}

const WARN_LEVEL = 40;
export const ERROR_LEVEL = 50;

/** The message of a line and of its error. */
export function describeLine(line: Line): string {
  const cause = (line.err as { message?: string } | undefined)?.message;
  return [line.msg, cause].filter(Boolean).join(': ');
}

/** `stacks`: with the stack below an error. */
export function prettyRenderer({ colors, stacks }: { colors: boolean; stacks: boolean }) {
  const pretty = prettyFactory({
    colorize: colors,
    ignore: 'pid,hostname,source,level,time,batch_id,err',
    singleLine: true,
    messageFormat: (line) => {
      const level = Number(line.level);
      const label = level >= ERROR_LEVEL ? 'ERROR ' : level >= WARN_LEVEL ? 'WARN ' : '';
      const time = new Date(Number(line.time)).toTimeString().slice(0, 8);
      const source = line.source === undefined ? '' : `${String(line.source).padEnd(8)} `;
      return `${time} ${showText(source)}${label}${showText(describeLine(line as unknown as Line))}`;
    },
  });
  return (source: string | undefined, line: Line): string => {
    // JSON leaves some of the steering characters of fields as they are.
    const text = showJson(pretty({ ...line, source }));
    const stack = stacks ? (line.err as { stack?: unknown } | undefined)?.stack : undefined;
    return typeof stack === 'string' ? `${text}${showLines(stack)}\n` : text;
  };
}
