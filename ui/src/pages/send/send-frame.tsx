// The head and the frame of the forms that send one command or many.

import { SegmentedControl, Title } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { StepChaos } from '../../parts/chaos/chaos.ts';
import { firstAttempt } from '../../parts/chaos/first-attempt.ts';
import { FormFrame, type FormFrameProps } from '../../parts/form/form-frame.tsx';
import { formatPercent } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { StackedBar } from '../../parts/stacked-bar.tsx';

export function SendHead({ title, many }: { title: string; many: boolean }) {
  const navigate = useNavigate();
  return (
    <PageHead
      title={title}
      description={
        many
          ? 'Commands sent and counted together, with injected faults if you like.'
          : 'A command is one piece of work: retried when it fails, settled once, and answered.'
      }
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How many"
          value={many ? 'many' : 'one'}
          onChange={(value) => navigate({ to: value === 'many' ? '/command-batches/new' : '/commands/new' })}
          data={[
            { value: 'one', label: 'One command' },
            { value: 'many', label: 'Many' },
          ]}
        />
      }
    />
  );
}

interface SendFrameProps extends Omit<FormFrameProps, 'testId' | 'icon' | 'aside' | 'note'> {
  /** Null when the form has none: listed commands have their own. */
  chaos: StepChaos | null;
  /** Shown above the button. */
  note?: string;
}

export function SendFrame({ chaos, note, ...props }: SendFrameProps) {
  const aside = (
    <>
      {chaos && <FirstAttempt chaos={chaos} />}
      {note && <Hint>{note}</Hint>}
    </>
  );
  return <FormFrame {...props} testId="send" icon={<IconSend size={16} />} aside={aside} />;
}

function FirstAttempt({ chaos }: { chaos: StepChaos }) {
  const parts = firstAttempt(chaos);
  const passed = parts.filter(({ key }) => key === 'success' || key === 'duplicate');
  return (
    <div>
      <Title order={2} size="h5">
        Expected first attempt
      </Title>
      <Hint mb="sm">Before any retry. {formatPercent(passed.reduce((sum, { value }) => sum + value, 0))} succeed.</Hint>
      <StackedBar parts={parts} total={100} label="Expected first attempt" size={10} format={formatPercent} />
    </div>
  );
}
