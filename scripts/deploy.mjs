/**
 * npm run deploy: the app and its Worker onto a Cloudflare account, with everything they need made there first.
 * Invariant: every step can be done again without harm; a secret that is there is never replaced. --dry-run prints the steps and does none.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deploySteps, missingSecrets } from './lib/deploySteps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' };

/**
 * @param {string[]} args
 * @param {string} [input] given to the program and shown nowhere
 */
function run(args, input) {
  return spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', ...(input !== undefined && { input }) });
}

/** Fails the deployment unless the step may fail this way. @param {import('./lib/deploySteps.mjs').Step} step */
function take({ name, args, mayFailWith }) {
  process.stdout.write(`${name} ...\n`);
  if (values['dry-run']) return void process.stdout.write(`  ${args.map((arg) => arg.replace(`${root}/`, '')).join(' ')}\n`);
  const { status, stdout, stderr } = run(args);
  if (status === 0 || mayFailWith?.test(stdout + stderr)) return;
  process.stderr.write(`${stdout}${stderr}\n${name}: ended with ${status}.\n`);
  process.exit(1);
}

/** Makes the secrets of our own that are not there yet; those of providers are the operator's to give. */
function makeSecrets() {
  process.stdout.write('Secrets ...\n');
  if (values['dry-run']) return;
  const listed = run([wrangler, 'secret', 'list']);
  for (const name of missingSecrets(listed.status === 0 ? listed.stdout : '[]')) {
    const value = randomBytes(32).toString('hex');
    const { status, stderr } = run([wrangler, 'secret', 'put', name], value);
    if (status !== 0) throw new Error(`${name} could not be kept: ${stderr}`);
    const isForPeople = name !== 'MASTER_SECRET';
    process.stdout.write(isForPeople ? `  ${name} = ${value}   (shown this once)\n` : `  ${name} made\n`);
  }
}

const steps = deploySteps(root, wrangler);
steps.before.forEach(take);
makeSecrets();
steps.after.forEach(take);
process.stdout.write('Done. docs/cloud/deploy.md says how to connect a GPU provider.\n');
