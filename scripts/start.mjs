/**
 * npm start: the app and the cloud's API in one process, on Vite, with everything the cloud needs emulated on this machine; and, as a
 * process of its own that asks this one for work, the trainer that turns uploaded photos into splats.
 * Invariant: nothing leaves this machine. What the cloud keeps lies under .wrangler and survives a restart; --fresh forgets it.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cloudflare } from '@cloudflare/vite-plugin';
import { createServer } from 'vite';
import { developmentSecrets } from './lib/devSecrets.mjs';
import { withNodeOnPath } from './lib/node.mjs';
import { containerPython } from './lib/python.mjs';
import { trainerCommand } from './lib/tasks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5173' },
    host: { type: 'string' },
    state: { type: 'string', default: join(root, '.wrangler', 'splat-app') },
    fresh: { type: 'boolean', default: false },
    trainer: { type: 'string', default: 'engine' },
    'no-trainer': { type: 'boolean', default: false },
    'no-watch': { type: 'boolean', default: false },
    'train-args': { type: 'string' },
    'sweep-seconds': { type: 'string', default: '60' },
    var: { type: 'string', multiple: true, default: [] },
    open: { type: 'boolean', default: false },
  },
});

if (!['engine', 'container'].includes(values.trainer)) {
  process.stderr.write(`--trainer wants "engine" or "container", not "${values.trainer}".\n`);
  process.exit(2);
}
if (values.fresh) rmSync(values.state, { recursive: true, force: true });
const { vars, workerTokenFile } = developmentSecrets(values.state);
// No account, no news home, no fetch of the request's whereabouts.
Object.assign(process.env, { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' });

/** Variables given as --var NAME=VALUE, for trying out other settings. */
const given = Object.fromEntries(values.var.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

/** Shared scenes name the viewer's frame by its published address; here it is made from its sources.
 * @type {import('vite').Plugin} */
const viewerAsPublished = {
  name: 'viewer-as-published',
  enforce: 'pre',
  configureServer({ middlewares }) {
    middlewares.use((request, _, next) => {
      if (request.url?.startsWith('/viewer/embed.html')) request.url = request.originalUrl = request.url.slice('/viewer'.length);
      next();
    });
  },
};

const server = await createServer({
  root,
  configFile: join(root, 'vite.config.ts'),
  server: {
    port: Number(values.port),
    open: values.open,
    ...(values['no-watch'] && { watch: null }),
    ...(values.host !== undefined && { host: values.host || true }),
  },
  plugins: [
    viewerAsPublished,
    cloudflare({
      configPath: join(root, 'wrangler.toml'),
      persistState: { path: values.state },
      inspectorPort: false,
      config: (config) => ({ vars: { ...config.vars, ...vars, ...given } }),
    }),
  ],
});
await server.listen();
server.printUrls();

const address = (server.resolvedUrls?.local[0] ?? `http://localhost:${values.port}/`).replace(/\/$/, '');

/** The emulation has no clock: the cron trigger of wrangler.toml is pulled from here, and once at the start for what a crash left behind. */
const sweep = () => fetch(`${address}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`).catch(() => undefined);
void sweep();
setInterval(sweep, Number(values['sweep-seconds']) * 1000).unref();

/** @type {import('node:child_process').ChildProcess | null} */
let trainer = null;
let isEnding = false;

/** The engine of this repository, or the container's program as it is on this machine.
 * @returns {Promise<{ file: string, args: string[], cwd: string } | { remedy: string }>} */
async function trainerProgram() {
  const args = ['--api', address, '--token-file', workerTokenFile, '--work', join(values.state, 'trainer')];
  const extra = values['train-args'];
  if (values.trainer === 'engine')
    return {
      file: process.execPath,
      args: trainerCommand(root, extra === undefined ? args : [...args, `--train-args=${extra}`]),
      cwd: root,
    };
  const python = await containerPython(root, process.env);
  if (!('path' in python)) return python;
  const flags = ['--gpu-class', 'webgpu', ...(extra ?? '').split(/\s+/).filter(Boolean)];
  return { file: python.path, args: ['-m', 'trainer', 'pull', ...args, ...flags], cwd: join(root, 'gpu-container') };
}

/** Starts the trainer, and again when it falls over. */
async function startTrainer() {
  const program = await trainerProgram();
  if ('remedy' in program) return void process.stderr.write(`There is no trainer: ${program.remedy}\n`);
  if (isEnding) return;
  const begun = Date.now();
  const env = withNodeOnPath(process.execPath, process.env);
  trainer = spawn(program.file, program.args, { cwd: program.cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  trainer.on('exit', () => {
    trainer = null;
    if (!isEnding) setTimeout(() => void startTrainer(), Date.now() - begun < 10_000 ? 10_000 : 500).unref();
  });
}
if (!values['no-trainer']) void startTrainer();

async function end() {
  if (isEnding) return;
  isEnding = true;
  const gone = trainer && new Promise((resolve) => trainer?.once('exit', resolve));
  trainer?.kill('SIGTERM');
  await gone;
  await server.close();
  process.exit(0);
}
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
