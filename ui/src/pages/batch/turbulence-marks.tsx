// The turbulence of the batch: how often each kind occurred, and when last. The chart above marks the moments.

import { Group } from '@mantine/core';
import { IconTornado } from '@tabler/icons-react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { turbulenceLabel } from '../../parts/experiment/experiment.ts';
import { capitalize, formatCount } from '../../parts/format.ts';
import { Moment } from '../../parts/time.tsx';
import { ChaosLine } from './chaos-line.tsx';

export function TurbulenceMarks({ marks }: { marks: BatchDetail['turbulence'] }) {
  const kinds = [...new Set(marks.map(({ kind }) => kind))];
  if (kinds.length === 0) return null;
  return (
    <Group gap="0 1rem" mt={4} data-testid="turbulence-marks">
      {kinds.map((kind) => {
        const ofKind = marks.filter((mark) => mark.kind === kind);
        return (
          <ChaosLine key={kind} icon={IconTornado}>
            {capitalize(turbulenceLabel(kind))} {formatCount(ofKind.length)} ×, last{' '}
            <Moment at={ofKind.at(-1)?.at ?? ''} />
          </ChaosLine>
        );
      })}
    </Group>
  );
}
