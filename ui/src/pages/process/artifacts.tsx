// Links to the documents that a process made.

import { Button, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { humanize } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';

export function Artifacts({ process }: { process: ProcessDetail }) {
  const { artifacts } = process;
  if (artifacts.length === 0) return null;
  return (
    <Panel title="Documents" testId="artifacts">
      <Stack gap="sm">
        {artifacts.map((artifact) => (
          <div key={artifact.path}>
            <Button
              component="a"
              href={artifact.href}
              target="_blank"
              rel="noreferrer"
              variant="default"
              fullWidth
              justify="space-between"
              rightSection={<IconExternalLink size={15} aria-hidden />}
            >
              {openLabel(process.process_type, artifact.step, artifact.path)}
            </Button>
            <Text size="xs" c="dimmed" mt={4} truncate title={artifact.path}>
              {artifact.path.slice(artifact.path.lastIndexOf('/') + 1)}
            </Text>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}

const DATA = ['JSON', 'NDJSON'];

/** Documents are named after the process ("Open statement (PDF)"), data after its step. */
function openLabel(processType: string, step: string, path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1).toUpperCase();
  if (DATA.includes(extension)) return `Open ${humanize(step).toLowerCase()} data (${extension})`;
  const [noun = 'document'] = humanize(processType).toLowerCase().split(' ');
  return `Open ${noun} (${extension})`;
}
