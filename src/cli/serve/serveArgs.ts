/**
 * Serve args: the flags of `splat serve` become a command.
 * Invariant: the address is an origin, and the flags for training are ones that `splat train` takes.
 */
import { createHash } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { flagTables, needed, optionalPath, wholeNumber } from '../flags.ts';

export interface ServeCommand {
  name: 'serve';
  /** Origin of the API, without a slash at the end. */
  api: string;
  tokenFile: string;
  /** Folder of the jobs under way. */
  work: string;
  workerId: string;
  gpuClass: string;
  /** Added to the flags of every training run. */
  trainArgs: string[];
  /** Null: it waits for ever. */
  idleExitSeconds: number | null;
  once: boolean;
  json: boolean;
}

const maxIdleSeconds = 1_000_000;
const maxNameLength = 200;

function originFlag(value: string | undefined, problems: string[]): string {
  const given = needed('--api', value, problems);
  if (given === '') return '';
  const url = URL.canParse(given) ? new URL(given) : null;
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username;
  if (!isOrigin) problems.push(`--api wants an address such as http://localhost:5173, not "${given}".`);
  return isOrigin ? url.origin : '';
}

function nameFlag(flag: string, value: string | undefined, standard: string, problems: string[]): string {
  const name = value ?? standard;
  if (name === '' || name.length > maxNameLength) problems.push(`${flag} wants a name of 1 to ${maxNameLength} characters.`);
  return name;
}

/** The same for every start on this machine with this folder, and another one for another folder. */
function standardWorkerId(work: string): string {
  const place = createHash('sha256').update(resolve(work)).digest('hex').slice(0, 8);
  return `${hostname().slice(0, 100)}-${place}`;
}

/** Null when help is wanted. `trainProblems` says what is wrong with flags of a training run. */
export function parseServe(argv: string[], problems: string[], trainProblems: (flags: string[]) => string[]): ServeCommand | null {
  const { values, positionals } = parseArgs({ args: argv, options: flagTables.serve, allowPositionals: true });
  if (values.help) return null;
  for (const extra of positionals) problems.push(`"${extra}" is one argument too many.`);
  const work = optionalPath('--work', values.work, problems) ?? join(homedir(), '.cache', 'splat-serve');
  const trainArgs = (values['train-args'] ?? '').split(/\s+/).filter(Boolean);
  if (trainArgs.length > 0) problems.push(...trainProblems(trainArgs).map((problem) => `--train-args: ${problem}`));
  return {
    name: 'serve',
    api: originFlag(values.api, problems),
    tokenFile: needed('--token-file', values['token-file'], problems),
    work,
    workerId: nameFlag('--worker-id', values['worker-id'], standardWorkerId(work), problems),
    gpuClass: nameFlag('--gpu-class', values['gpu-class'], 'webgpu', problems),
    trainArgs,
    idleExitSeconds: wholeNumber('--idle-exit', values['idle-exit'], 0, maxIdleSeconds, problems) ?? null,
    once: values.once ?? false,
    json: values.json ?? false,
  };
}
