/**
 * What a deployment does, step by step.
 * Invariant: the names of bucket and queues are those of wrangler.toml (a test compares them).
 */
import { join } from 'node:path';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args Node's arguments
 * @property {RegExp} [mayFailWith] what the output says when there is nothing to do
 */

export const bucket = 'splat-app';
export const queues = ['splat-jobs', 'splat-jobs-dead'];

/**
 * The most days that a project may keep its photos (src/core/job/cloudProjectsSchema.ts); the rules below come later, so that they only find what was
 * forgotten.
 */
const photosAtMostDays = 365;

/** Secrets that the Worker cannot do without and that nobody has to choose. */
const ownSecrets = ['MASTER_SECRET', 'ADMIN_TOKEN', 'WORKER_TOKEN'];

/**
 * @param {string} listed what `wrangler secret list` printed: JSON
 * @returns {string[]} names of the secrets still to be made
 */
export function missingSecrets(listed) {
  const names = JSON.parse(listed).map((/** @type {{ name: string }} */ { name }) => name);
  return ownSecrets.filter((name) => !names.includes(name));
}

/**
 * @param {string} root the repository's folder
 * @param {string} wrangler path of the program
 * @returns {{ before: Step[], after: Step[] }} what comes before the secrets and after
 */
export function deploySteps(root, wrangler) {
  const exists = /already exists|already taken|is already in use/i;
  /** @type {(days: number, name: string, prefix: string) => Step} */
  const expiry = (days, name, prefix) => ({
    name: `Rule ${name}: ${prefix} goes after ${days} days`,
    args: [wrangler, 'r2', 'bucket', 'lifecycle', 'add', bucket, name, prefix, '--expire-days', String(days), '--force'],
    mayFailWith: exists,
  });
  return {
    before: [
      { name: 'Build', args: [join(root, 'scripts/bootstrap.mjs'), 'build'] },
      ...queues.map((queue) => ({ name: `Queue ${queue}`, args: [wrangler, 'queues', 'create', queue], mayFailWith: exists })),
      { name: 'Upload', args: [wrangler, 'deploy'] },
    ],
    after: [
      { name: 'Migrations', args: [wrangler, 'd1', 'migrations', 'apply', 'DB', '--remote'] },
      expiry(photosAtMostDays + 7, 'photos-second-net', 'projects/'),
    ],
  };
}
