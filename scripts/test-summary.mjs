/**
 * Prints the closing line of a test run, "N passed, N failed" (", N skipped" when there were some), from vitest's JSON report.
 * Invariant: a file that could not be loaded, an error outside any test (only the exit code tells) and a missing report each count as a
 * failure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Report what is read of vitest's JSON report
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults one per file
 */

/**
 * @param {Report | null} report
 * @param {number} exitCode vitest's own
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(report, exitCode) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report?.testResults ?? []) {
    const failedBefore = counts.failed;
    for (const { status } of file.assertionResults) counts[status === 'passed' || status === 'failed' ? status : 'skipped']++;
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++;
  }
  if ((!report || exitCode !== 0) && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** @param {{ passed: number, failed: number, skipped: number }} counts */
export const closingLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;

/**
 * @param {string} file
 * @param {number} exitCode
 */
function main(file, exitCode) {
  const counts = countTests(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null, exitCode);
  process.stdout.write(`${closingLine(counts)}\n`);
  process.exitCode = counts.failed ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv[2], Number(process.argv[3]));
