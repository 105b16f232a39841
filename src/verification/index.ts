// The front door of verification. What clients need of it without running it is in schemas.ts.

export { type Analysis, createAnalysis } from './analysis.ts';
export { countAttempts, emptyCounts } from './attempt-counts.ts';
export { readReport } from './report/report.ts';
export { renderReport } from './report/report-markdown.ts';
export { runSelfTest, type SelfTestResult } from './self-test/run.ts';
export { AnalysisThread } from './thread/client.ts';
export { serveAnalysis } from './thread/serve.ts';
export { Verdicts } from './verdicts.ts';
