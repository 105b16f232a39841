// The search parameters of the troubleshooting queue: filters, and the job shown above it.

import { flag, searchOf, text } from '../../parts/search.ts';

export const tsqSearch = searchOf({
  batch_id: text,
  domain: text,
  type: text,
  process_id: text,
  error_code: text,
  error_group: text,
  injected: flag,
  cursor: text,
  job: text,
});
export type TsqSearch = ReturnType<typeof tsqSearch>;
