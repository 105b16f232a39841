// The request of a form, to copy, and the server's refusal of it.

import { Alert, Button, CopyButton, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCopy } from '@tabler/icons-react';
import type { Problem } from '../../../../src/http/contract.ts';
import { apiUrl } from '../../api/client.ts';

/** A refusal that belongs to no field. */
export function Refusal({ problem, testId }: { problem: Problem; testId?: string }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={problem.title} data-testid={testId}>
      <Text size="sm">{problem.detail}</Text>
      {problem.errors.length > 0 && (
        <List size="sm" mt="xs">
          {problem.errors.map((error) => (
            <List.Item key={`${error.path}/${error.code}`}>
              {error.path}: {error.message}
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

export interface CopyRequestProps {
  /** Where it is sent: `/process-batches`. */
  path: string;
  /** As it would be sent; null while the form is not valid. */
  body: unknown;
}

export function CopyRequest({ path, body }: CopyRequestProps) {
  return (
    <Group gap={4}>
      <CopyText text={body === null ? null : JSON.stringify(body, null, 2)} label="JSON" />
      <CopyText text={body === null ? null : curlOf(path, body)} label="curl" />
    </Group>
  );
}

function CopyText({ text, label }: { text: string | null; label: string }) {
  return (
    <CopyButton value={text ?? ''}>
      {({ copied, copy }) => (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          disabled={text === null}
          onClick={copy}
          leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
        >
          {copied ? 'Copied' : `Copy ${label}`}
        </Button>
      )}
    </CopyButton>
  );
}

function curlOf(path: string, body: unknown): string {
  const text = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl -X POST ${location.origin}${apiUrl(path)} -H 'content-type: application/json' -d '${text}'`;
}
