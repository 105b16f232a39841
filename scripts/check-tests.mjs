// Sums a vitest JSON report into one plain line, `N passed, N failed`: node scripts/check-tests.mjs <report.json>
// Exits with 1 when a test failed, when none ran, and without a report.

import { readFileSync } from 'node:fs';

/** A file that could not be loaded counts as one failure. */
function sumReport(report) {
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`No test report: ${error.message}`);
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
}

const { passed, failed } = sumReport(readReport(process.argv[2] ?? '.cache/tests.json'));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
