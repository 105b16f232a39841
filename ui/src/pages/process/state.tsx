// The state of a process: its top level at a glance, all of it as JSON.

import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { DocumentPairs, JsonView } from '../../parts/json-view.tsx';
import { Panel } from '../../parts/panel.tsx';

/** Shown beside it, readable, as the behavior. */
const ELSEWHERE = ['behavior'];

export function ProcessState({ state }: { state: Record<string, unknown> }) {
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
      {view === 'json' ? <JsonView value={state} label="State" /> : <DocumentPairs value={state} omit={ELSEWHERE} />}
    </Panel>
  );
}
