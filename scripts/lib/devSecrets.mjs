/**
 * The secrets of a cloud on one's own machine: made at the first start and kept beside its data.
 * Invariant: none is in the repository, and each machine has its own.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} stateDir where the cloud keeps its data
 * @returns {{ vars: Record<string, string>, workerTokenFile: string }} variables for the Worker, and the file that the trainer reads
 */
export function developmentSecrets(stateDir) {
  const folder = join(stateDir, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  /** @param {string} name */
  const secret = (name) => {
    const file = join(folder, name);
    if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
    return readFileSync(file, 'utf8').trim();
  };
  const vars = {
    ENVIRONMENT: 'development',
    PROVIDERS: 'local',
    BUDGET_DAY_SECONDS: '0',
    BUDGET_MONTH_SECONDS: '0',
    CONTACT: 'mailto:nobody@example.com',
    MASTER_SECRET: secret('master'),
    ADMIN_TOKEN: secret('admin'),
    WORKER_TOKEN: secret('worker'),
  };
  return { vars, workerTokenFile: join(folder, 'worker') };
}
