// What was disturbed on behalf of the batch: how often each kind, and when last. The chart above marks the moments.

import { Text } from '@mantine/core';
import { IconTornado } from '@tabler/icons-react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { turbulenceLabel } from '../../parts/experiment/experiment.ts';
import { capitalize, formatCount } from '../../parts/format.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';
import { Moment } from '../../parts/time.tsx';
import classes from './batch.module.css';

export function TurbulenceMarks({ marks }: { marks: BatchDetail['turbulence'] }) {
  const kinds = [...new Set(marks.map(({ kind }) => kind))];
  if (kinds.length === 0) return null;
  return (
    <ul className={classes.marks} data-testid="turbulence-marks">
      {kinds.map((kind) => {
        const ofKind = marks.filter((mark) => mark.kind === kind);
        return (
          <li key={kind}>
            <Text size="xs" c={CHAOS_COLOR} className={classes.injected} component="span">
              <IconTornado size={13} stroke={2} aria-hidden />
              {capitalize(turbulenceLabel(kind))} {formatCount(ofKind.length)} ×, last{' '}
              <Moment at={ofKind.at(-1)?.at ?? ''} />
            </Text>
          </li>
        );
      })}
    </ul>
  );
}
