/** Times of calls as a table. Invariant: percentiles are of what was measured (nearest rank), never of a fitted curve. */
import type { CallTimes } from './calls.ts';

export interface CallRow {
  call: string;
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  /** Tries that were repeated, by reason. */
  retried: Record<string, number>;
}

/** Nearest rank: the smallest value that at least this share of all values does not exceed. @param sorted rising */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;

const tenths = (value: number): number => Math.round(10 * value) / 10;

export function callRow(call: string, { ms, retried }: CallTimes): CallRow {
  const sorted = [...ms].sort((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => tenths(percentile(sorted, share)));
  return { call, count: ms.length, p50, p95, p99, max: tenths(sorted.at(-1) ?? NaN), retried: Object.fromEntries(retried) };
}

export const callRows = (times: Map<string, CallTimes>): CallRow[] => [...times].map(([call, each]) => callRow(call, each));

const retriedOf = ({ retried }: CallRow): number => Object.values(retried).reduce((a, b) => a + b, 0);

/** The first row is the titles. */
export const tableOf = (rows: readonly CallRow[]): string[][] => [
  ['call', 'count', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'retried'],
  ...rows.map((row) => [row.call, ...[row.count, row.p50, row.p95, row.p99, row.max, retriedOf(row)].map(String)]),
];
