// A report as Markdown, for a pull request, a wiki or a terminal. Pure.
// Text written by people (names, hypotheses, reasons, messages) is escaped: it never acts as markup.

import { showJson, showText } from '../../model/error-text.ts';
import type { AttemptCounts, Report } from '../schemas.ts';

type Step = Report['steps'][number];

export function renderReport(report: Report): string {
  const sections = [
    head(report),
    processes(report),
    steps(report),
    faults(report),
    latencies(report),
    turbulence(report),
    stops(report),
    versions(report),
    checks(report),
    settings(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const VERDICTS = { pass: 'PASS', fail: 'FAIL', running: 'not at rest yet' } as const;

function head({ batch_id, name, hypothesis, verdict, status, settings, created_at, ended_at, duration_ms }: Report) {
  const rerun = settings.experiment?.rerun_of as { batch_id?: unknown; process_id?: unknown } | undefined;
  const again = rerun
    ? `\n\nDone again: ${rerun.process_id ? `process ${rerun.process_id} of ` : ''}batch ${rerun.batch_id}.`
    : '';
  const took = duration_ms === null ? 'and it goes on' : `ended ${ended_at}, after ${duration(duration_ms)}`;
  return [
    `# Report: ${name === null ? `batch ${batch_id}` : text(name)}`,
    `**Verdict: ${VERDICTS[verdict]}** (${text(status)})`,
    ...(hypothesis === null ? [] : [`> ${text(hypothesis)}`]),
    `Batch \`${batch_id}\`: ${count(settings.total_count)} of ${text(settings.process_type ?? 'an unknown type')}, seed \`${settings.seed}\`.\nLaunched ${created_at}, ${took}.${again}`,
  ].join('\n\n');
}

function processes({ processes: by, predicted, predicted_note, compensations, operator_verbs }: Report): string {
  const expected = predicted?.expected;
  const rows = [
    ['completed', expected?.completed, by.COMPLETED],
    ['compensated', expected?.compensated, by.COMPENSATED],
    ['failed', expected?.failed, by.FAILED],
    ['in troubleshooting', expected?.in_troubleshooting, by.WAITING_FOR_TSQ],
    ['canceled', null, by.CANCELED],
    ['running', null, by.WAITING_FOR_REPLY + by.COMPENSATING],
  ] as const;
  const shown = rows.filter(([, predicted, observed]) => predicted || observed);
  return section('Processes', [
    table(
      ['', 'predicted', 'observed'],
      shown.map(([end, predicted, observed]) => [end, predicted == null ? '' : count(predicted), count(observed)]),
    ),
    predicted_note === null ? '' : text(predicted_note),
    `${count(compensations)} compensations succeeded; operators acted ${count(operator_verbs)} times.`,
  ]);
}

const COUNTS = ['attempts', 'success', 'transient', 'permanent', 'business_rule', 'timeout', 'interrupted'] as const;

function steps({ steps: all }: Report): string {
  const row = (label: string, counts: AttemptCounts) => [label, ...COUNTS.map((name) => count(counts[name]))];
  const rows = all.flatMap(({ step, predicted, observed, real_failures }) => [
    ...(predicted === null ? [] : [[text(step), ...row('predicted', predicted), '']]),
    [predicted === null ? text(step) : '', ...row('observed', observed), count(real_failures)],
  ]);
  const header = COUNTS.map((name) => name.replace('_', ' '));
  return section('Attempts', [table(['step', '', ...header, 'real failures'], rows)]);
}

function faults({ steps: all }: Report): string {
  const rows = all.flatMap(({ step, predicted, observed }) => {
    const names = new Set([...Object.keys(predicted?.injected ?? {}), ...Object.keys(observed.injected)]);
    return [...names]
      .sort()
      .map((fault) => [
        text(step),
        text(fault),
        predicted === null ? '' : count(predicted.injected[fault] ?? 0),
        count(observed.injected[fault] ?? 0),
      ]);
  });
  return rows.length === 0 ? '' : section('Faults', [table(['step', 'fault', 'predicted', 'injected'], rows)]);
}

function latencies({ steps: all }: Report): string {
  const known = all.filter(({ latency_ms }) => latency_ms.p50 !== null);
  if (known.length === 0) return '';
  const row = ({ step, latency_ms: { p50, p95, p99, max } }: Step) => [text(step), ...[p50, p95, p99, max].map(span)];
  return section('Latency of successful attempts', [table(['step', 'p50', 'p95', 'p99', 'max'], known.map(row))]);
}

function turbulence({ turbulence: all }: Report): string {
  if (all.length === 0) return '';
  const rows = all.map(({ at, kind, details, recovery_ms }) => [
    at,
    text(kind),
    recovery_ms === null ? 'none succeeded after it' : duration(recovery_ms),
    json(details),
  ]);
  return section('Turbulence', [table(['at', 'what', 'until a success after it', 'details'], rows)]);
}

function stops({ stops: all }: Report): string {
  if (all.length === 0) return '';
  return section('Stops', [
    table(
      ['at', 'what', 'details'],
      all.map(({ at, type, details }) => [at, text(type), json(details)]),
    ),
  ]);
}

function versions({ settings: { behavior_versions } }: Report): string {
  if (behavior_versions.length === 0) return '';
  const rows = behavior_versions.map(({ version, at, actor, reason, behavior }) => [
    count(version),
    at,
    text(actor),
    text(reason ?? ''),
    json(behavior),
  ]);
  return section('Behavior changed under way', [table(['version', 'at', 'by', 'why', 'behavior'], rows)]);
}

function checks({ checks: all }: Report): string {
  if (all.length === 0) return section('Checks', ['None was made yet.']);
  const rows = all.map(({ name, status, checked, violations, rule, note }) => [
    text(name),
    status === 'fail' ? '**fail**' : status,
    count(checked),
    count(violations),
    text(note === null ? rule : `${rule} (${note})`),
  ]);
  const failed = all.filter(({ status }) => status === 'fail');
  return section('Checks', [
    table(['check', 'status', 'checked', 'violations', 'rule'], rows),
    ...failed.map(({ name, violating_ids, details }) =>
      [
        `### ${text(name)}`,
        bullets([...details, ...violating_ids.slice(0, Math.max(0, MAX_VIOLATIONS - details.length))]),
      ].join('\n\n'),
    ),
  ]);
}

/** The number of violations shown of a check; the JSON contains all of them. */
const MAX_VIOLATIONS = 20;

function settings({ settings: { input, behavior, retry, lease_ms, experiment } }: Report): string {
  return section('Settings', [fenced({ input, behavior, retry, lease_ms, experiment })]);
}

function section(title: string, parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== '')].join('\n\n');
}

/** Columns of one width, so that it can be read as it is, but for a last one of text; numbers stand to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = header.map(
    (_, column) => rows.some((row) => row[column]) && rows.every((row) => isFigure(row[column])),
  );
  const widths = header.map((name, column) => {
    const ragged = column === header.length - 1 && !right[column];
    return Math.max(3, name.length, ...(ragged ? [] : rows.map((row) => row[column]?.length ?? 0)));
  });
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, right[column] ?? false)).join(' | ')} |`;
  const rule = widths.map((width, column) => (right[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}

function isFigure(cell = ''): boolean {
  return cell === '' || /^[\d,.]+( (ms|s)| (min|h) \d+ (s|min))?$/.test(cell);
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${text(line)}`).join('\n');
}

/** Text of others as one line that no Markdown reader takes for anything else. */
function text(value: string): string {
  return (
    showText(value.replace(/\s+/g, ' '))
      .trim()
      .replace(/[\\`*_[\]<>|~#&@]/g, '\\$&')
      // Text that GitHub turns into a link.
      .replace(/:\/\//g, '\\://')
      .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`)
      .replace(/^([-+=])/, '\\$1')
      .replace(/^(\d+)([.)])/, '$1\\$2')
  );
}

/** A document in a cell: code, in a fence longer than any in it, its bars kept from ending the cell. */
function json(value: unknown): string {
  const inner = showJson(JSON.stringify(value));
  if (inner === '{}' || inner === 'null') return '';
  const fence = fenceFor(inner, 1);
  return `${fence} ${inner.replace(/\|/g, '\\|')} ${fence}`;
}

function fenced(value: unknown): string {
  const inner = showJson(JSON.stringify(value, null, 2));
  const fence = fenceFor(inner, 3);
  return `${fence}json\n${inner}\n${fence}`;
}

function fenceFor(inner: string, least: number): string {
  const longest = Math.max(0, ...(inner.match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(least, longest + 1));
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function span(ms: number | null): string {
  return ms === null ? '' : duration(ms);
}

/** To three significant digits: `3.21 ms`, `1.4 s`, `2 min 5 s`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toPrecision(3))} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
