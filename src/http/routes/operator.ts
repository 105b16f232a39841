// Who is behind a verb, as the audit will name him.

import type { Operator } from '../../bus/troubleshooting.ts';
import type { VerbBody } from '../contract.ts';

/** The name in the body; without sign-in a caller has no other. */
export function operatorOf(body: VerbBody | null | undefined): Operator {
  return { actor: body?.actor ?? 'local', reason: body?.reason };
}
