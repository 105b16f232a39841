// Lists of statuses for SQL: `b.status not in ${ENDED_BATCH}`.

import { TERMINAL_BATCH_STATUSES, TERMINAL_PROCESS_STATUSES } from '../model/process.ts';

const listOf = (statuses: readonly string[]) => `(${statuses.map((status) => `'${status}'`).join(', ')})`;

export const ENDED_BATCH = listOf(TERMINAL_BATCH_STATUSES);
export const ENDED_PROCESS = listOf(TERMINAL_PROCESS_STATUSES);
