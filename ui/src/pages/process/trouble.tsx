// What is wrong with a process.

import type { ProcessDetail, ProcessStep } from '../../../../src/http/contract.ts';
import { Trouble } from '../../parts/trouble.tsx';

export function ProcessTrouble({ process }: { process: ProcessDetail }) {
  const waits = process.status === 'WAITING_FOR_TSQ';
  if (!process.error_code && !waits) return null;
  const parked = process.steps.findLast((step) => step.status === 'IN_TROUBLESHOOTING_QUEUE');
  return (
    <Trouble
      waits={waits}
      // A process whose own code threw waits too, though its command is settled: the verbs then act on the process.
      commandId={parked?.command_id ?? process.awaiting_command_id ?? process.steps.at(-1)?.command_id}
      error={process.error_code ? process : parked}
      fault={faultBehind(process, parked)}
    />
  );
}

function faultBehind(process: ProcessDetail, parked: ProcessStep | undefined): string | null {
  if (parked) return parked.attempts.at(-1)?.fault ?? null;
  const attempts = process.steps.flatMap((step) => step.attempts);
  return attempts.findLast((attempt) => attempt.error_code === process.error_code)?.fault ?? null;
}
