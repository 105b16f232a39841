// The state of a process: its top level as fields, or all of it as JSON.

import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { inputNames, useProcessType } from '../../api/service.ts';
import { DocumentPairs, JsonView } from '../../parts/json-view.tsx';
import { Panel } from '../../parts/panel.tsx';

/** Shown in a panel of its own. */
const ELSEWHERE = ['behavior'];

export function ProcessState({ process }: { process: ProcessDetail }) {
  const { state } = process;
  const first = inputNames(useProcessType(process.process_type));
  const [view, setView] = useState('fields');
  return (
    <Panel
      title="State"
      testId="process-state"
      actions={
        <SegmentedControl
          size="xs"
          value={view}
          onChange={setView}
          aria-label="State shown as"
          data={[
            { value: 'fields', label: 'Fields' },
            { value: 'json', label: 'JSON' },
          ]}
        />
      }
    >
      {view === 'json' ? (
        <JsonView value={state} label="State" />
      ) : (
        <DocumentPairs value={state} first={first} omit={ELSEWHERE} />
      )}
    </Panel>
  );
}
