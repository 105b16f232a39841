// The Markdown of a report: every part there is, nothing of what is absent, and no text of others taken for markup.
// Pure: a report goes in, text comes out.

import { expect, test } from 'vitest';
import type { Report } from '../../../src/http/contract.ts';
import { renderReport } from '../../../src/verification/report/report-markdown.ts';

const tally = {
  attempts: 1_234,
  success: 1_000,
  transient: 232,
  permanent: 0,
  business_rule: 0,
  timeout: 0,
  interrupted: 2,
};
const REPORT: Report = {
  batch_id: '019a0000-0000-7000-8000-000000000001',
  name: null,
  hypothesis: null,
  verdict: 'pass',
  status: 'COMPLETED',
  generated_at: '2026-01-01T00:01:00.000Z',
  settings: {
    process_type: 'StatementReport',
    total_count: 1_000,
    seed: 'abc',
    input: { note: 'a `quoted` word' },
    behavior: null,
    behavior_versions: [],
    retry: { max_attempts: 3, backoff_ms: [10] },
    lease_ms: 30_000,
    experiment: null,
  },
  created_at: '2026-01-01T00:00:00.000Z',
  started_at: '2026-01-01T00:00:00.000Z',
  ended_at: '2026-01-01T00:00:30.000Z',
  duration_ms: 30_000,
  processes: {
    WAITING_FOR_REPLY: 0,
    WAITING_FOR_TSQ: 0,
    COMPENSATING: 0,
    COMPLETED: 1_000,
    COMPENSATED: 0,
    FAILED: 0,
    CANCELED: 0,
  },
  predicted: null,
  predicted_note: null,
  steps: [
    {
      step: 'query',
      observed: { ...tally, injected: { transient: 234 } },
      predicted: null,
      real_failures: 0,
      latency_ms: { p50: 3.2123, p95: 59_949, p99: 61_000, max: 7_300_000 },
    },
  ],
  compensations: 0,
  operator_verbs: 0,
  turbulence: [],
  stops: [],
  checks: [],
};

const lines = (markdown: string, heading: string): string[] => {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').filter((line) => line.startsWith('|'));
};

test('a plain report: head, counts, attempts, faults, latencies, settings, and no empty section', () => {
  const markdown = renderReport(REPORT);
  expect(markdown.match(/^#+ .*$/gm)).toEqual([
    '# Report: batch 019a0000-0000-7000-8000-000000000001',
    '## Processes',
    '## Attempts',
    '## Faults',
    '## Latency of successful attempts',
    '## Checks',
    '## Settings',
  ]);
  expect(lines(markdown, 'Processes')).toEqual([
    '|           | predicted | observed |',
    '| --------- | --------- | -------: |',
    '| completed |           |    1,000 |',
  ]);
  expect(lines(markdown, 'Latency of successful attempts')).toEqual([
    '| step  |     p50 |    p95 |       p99 |       max |',
    '| ----- | ------: | -----: | --------: | --------: |',
    '| query | 3.21 ms | 59.9 s | 1 min 1 s | 2 h 1 min |',
  ]);
  expect(markdown.endsWith('```\n')).toBe(true);
});

test('every row of a table has as many cells as its header', () => {
  const markdown = renderReport({
    ...REPORT,
    predicted_note: 'a | b',
    predicted: {
      seed: 'abc',
      exact: false,
      note: null,
      in_scope: 1_000,
      expected: { completed: 990, failed: 0, compensated: 10, in_troubleshooting: 0, attempts: 1_234 },
      steps: {},
      duration_ms: 1,
    },
    steps: REPORT.steps.map((step) => ({
      ...step,
      step: 'odd | step',
      predicted: { ...tally, injected: { crash: 1 } },
    })),
    turbulence: [
      { at: '2026-01-01T00:00:10.000Z', kind: 'kill_worker', details: { pipe: 'a|b', tick: '`' }, recovery_ms: 1_500 },
    ],
    stops: [{ at: '2026-01-01T00:00:10.000Z', type: 'INJECTION_STOPPED', details: { reason: 'a\nb | c' } }],
    checks: [
      {
        name: 'conservation',
        status: 'fail',
        checked: 1_000,
        violations: 1,
        violating_ids: ['019a0000-0000-7000-8000-000000000002'],
        details: ['one | is <missing>'],
        rule: 'a | b',
        sql: 'select 1',
        note: null,
      },
    ],
  });
  const tables = markdown.split(/\n\n/).filter((block) => block.startsWith('|'));
  expect(tables).toHaveLength(7);
  for (const block of tables) {
    // A bar that ends a cell has no backslash before it.
    const cells = block.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size, block).toBe(1);
  }
  expect(markdown).toContain('990');
  expect(markdown).toContain('`` {"pipe":"a\\|b","tick":"`"} ``');
  expect(markdown).toContain('- one \\| is \\<missing\\>');
  expect(markdown).toContain('| **fail** |');
});

test.each([
  ['# not a heading', '\\# not a heading'],
  ['- no item', '\\- no item'],
  ['1. no number', '1\\. no number'],
  ['two\n\nparagraphs', 'two paragraphs'],
  ['[no](http://link)', '\\[no\\](http\\://link)'],
  ['<b>&amp;</b>', '\\<b\\>\\&amp;\\</b\\>'],
  ['see https://x.example, WWW.x.example, ask @ada', 'see https\\://x.example, WWW\\.x.example, ask \\@ada'],
  ['\x1b[2J\u202e\u009b', '\\\\x1b\\[2J\\\\u202e\\\\x9b'],
  ['```code', '\\`\\`\\`code'],
  ['snake_case *bold* ~~gone~~ \\', 'snake\\_case \\*bold\\* \\~\\~gone\\~\\~ \\\\'],
])('text of others stays text: %s', (written, shown) => {
  expect(renderReport({ ...REPORT, hypothesis: written })).toContain(`\n> ${shown}\n`);
});

test('a document with fences in it is fenced by a longer one', () => {
  const markdown = renderReport({ ...REPORT, settings: { ...REPORT.settings, input: { text: '```' } } });
  expect(markdown).toMatch(/\n````json\n[\s\S]*\n````\n$/);
});

test('what it does again is said', () => {
  const of = (rerun_of: object) =>
    renderReport({ ...REPORT, settings: { ...REPORT.settings, experiment: { rerun_of } } });
  expect(of({ batch_id: 'b' })).toContain('Done again: batch b.');
  expect(of({ batch_id: 'b', process_id: 'p' })).toContain('Done again: process p of batch b.');
});
