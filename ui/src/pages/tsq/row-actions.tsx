// The verbs of one row, as icons where the row is a line: a page holds a hundred of them.

import { useMediaQuery } from '@mantine/hooks';
import type { TsqItem } from '../../../../src/http/contract.ts';
import { useTsqVerb } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';

export function RowActions({ item }: { item: TsqItem }) {
  const runner = useTsqVerb();
  // Icons are explained on hover, which a touch screen has not.
  const wide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false });
  return <VerbButtons commandIds={[item.command_id]} runner={runner} iconsOnly={wide} />;
}
