/**
 * The server of the cloud's benches, as `npm start -- --no-trainer` runs it, with a state folder of its own.
 * Invariant: it ends with the bench, also when that is interrupted.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type CloudServer, cloudServer } from '../../e2e/cloudServer.ts';

export interface BenchServer {
  origin: string;
  workerToken: string;
  adminToken: string;
  said: CloudServer['said'];
}

/** Runs `work` against a fresh server. @param tuning see cloud/config.ts */
export async function withServer<T>(tuning: Record<string, number>, work: (server: BenchServer) => Promise<T>): Promise<T> {
  const [workerToken, adminToken] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const vars = [`TUNING=${JSON.stringify(tuning)}`, `WORKER_TOKEN=${workerToken}`, `ADMIN_TOKEN=${adminToken}`];
  const server = await cloudServer({ trainArgs: '', trainer: null, vars });
  const interrupt = (): void => void server.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await server.start();
    return await work({ origin: server.url, workerToken, adminToken, said: server.said });
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await server.close();
  }
}

/** What the figures were measured on. */
export const machine = () => ({
  node: process.version,
  device: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  loadAverage: Math.round(10 * loadavg()[0]) / 10,
});

export function record(line: object): void {
  appendFileSync(fileURLToPath(new URL('../results.jsonl', import.meta.url)), `${JSON.stringify(line)}\n`);
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Columns as wide as they must be; the first to the left, the others to the right. */
export function printTable(rows: string[][]): void {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)) + 2);
  for (const row of rows) print(row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(''));
}
