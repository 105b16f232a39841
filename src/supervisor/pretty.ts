// A line of the log for people: when, who, what, and the fields behind it.
// Promises that nothing in it starts another line or steers the terminal, but for the colors it is given here.

import { prettyFactory } from 'pino-pretty';
import { showJson, showLines, showText } from '../model/error-text.ts';

export interface Line {
  level: number;
  time: number;
  msg?: string;
  [field: string]: unknown;
}

export const ERROR_LEVEL = 50;

const LABELS: [level: number, label: string][] = [
  [ERROR_LEVEL, 'ERROR '],
  [40, 'WARN '],
];

/** What a line says, with the error that it tells of. */
export function describeLine(line: Line): string {
  const cause = (line.err as { message?: string } | undefined)?.message;
  return [line.msg, cause].filter(Boolean).join(': ');
}

/** `stacks`: below an error where it comes from. */
export function prettyRenderer({ colors, stacks }: { colors: boolean; stacks: boolean }) {
  const pretty = prettyFactory({
    colorize: colors,
    ignore: 'pid,hostname,source,level,time,batch_id,err',
    singleLine: true,
    messageFormat: (line) => {
      const label = LABELS.find(([level]) => Number(line.level) >= level)?.[1] ?? '';
      const time = new Date(Number(line.time)).toTimeString().slice(0, 8);
      const who = line.source === undefined ? '' : `${String(line.source).padEnd(8)} `;
      return `${time} ${showText(who)}${label}${showText(describeLine(line as unknown as Line))}`;
    },
  });
  return (source: string | undefined, line: Line): string => {
    // Fields are JSON, which leaves some characters as they are.
    const told = showJson(pretty({ ...line, source }));
    const stack = stacks ? (line.err as { stack?: unknown } | undefined)?.stack : undefined;
    return typeof stack === 'string' ? `${told}${showLines(stack)}\n` : told;
  };
}
