/**
 * Args: the command line as typed becomes a command to run, a help text to show or a usage error.
 * Invariant: what comes out as a command has every value present, in range and of its type; nothing later checks flags again.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TrainOptions } from '../core/train/contract.ts';
import type { SolveOptions } from '../core/sfm/contract.ts';
import { type CommandName, flagTables, isCommandName, needed, onOrOff, oneOf, optionalPath, wholeNumber } from './flags.ts';
import { type GivenIntrinsics, intrinsicsFlag } from './intrinsicsFlag.ts';
import { type ServeCommand, parseServe } from './serve/serveArgs.ts';

export interface TrainCommand {
  name: 'train';
  dataset: string;
  out: string;
  options: TrainOptions;
  checkpoint: string | undefined;
  /** How often the checkpoint is written while training; undefined: only at the end. */
  checkpointEverySeconds: number | undefined;
  /** Where the splats so far go while training, and how often. */
  preview: { path: string; everySeconds: number } | undefined;
  poses: string | undefined;
  renders: boolean;
  json: boolean;
}

export interface SolveCommand {
  name: 'solve';
  photos: string;
  out: string;
  /** All but the intrinsics, which need the photos' size. */
  options: Omit<SolveOptions, 'intrinsics'>;
  intrinsics: GivenIntrinsics | undefined;
  /** Folder of the cache; null for none. */
  cache: string | null;
  json: boolean;
}

export interface RenderCommand {
  name: 'render';
  scene: string;
  cameras: string;
  poses: string | undefined;
  out: string;
  widthPx: number | undefined;
  /** 8: only every 8th view by name, the ones training holds out. 0: all views. */
  holdout: 8 | 0;
  json: boolean;
}

export interface ConvertCommand {
  name: 'convert';
  input: string;
  output: string;
  json: boolean;
}

export type Command = TrainCommand | SolveCommand | RenderCommand | ConvertCommand | ServeCommand;
export type HelpTopic = CommandName | 'general';

export type Parsed =
  { kind: 'run'; command: Command } | { kind: 'help'; topic: HelpTopic } | { kind: 'usage'; topic: HelpTopic; problems: string[] };

const maxSteps = 1_000_000;
const maxSplats = 20_000_000;
const minWidthPx = 16;
const minSolveWidthPx = 160;
const maxWidthPx = 8192;
const minFeatures = 64;
const maxFeatures = 32_768;
const maxSeed = 0xffff_ffff;
const maxEverySeconds = 86_400;
const previewEverySeconds = 30;

/** Splits off the paths; says what is missing or too much. */
function positionals(given: string[], names: string[], problems: string[]): string[] {
  for (const extra of given.slice(names.length)) problems.push(`"${extra}" is one argument too many.`);
  return names.map((name, i) => needed(name, given[i], problems));
}

type TrainValues = Partial<Record<'checkpoint' | 'checkpoint-every' | 'preview' | 'preview-every', string>>;

/** What is written while training goes on. */
function keeping(values: TrainValues, problems: string[]): Pick<TrainCommand, 'checkpoint' | 'checkpointEverySeconds' | 'preview'> {
  const seconds = (flag: 'checkpoint-every' | 'preview-every', of: 'checkpoint' | 'preview'): number | undefined => {
    if (values[flag] !== undefined && values[of] === undefined) problems.push(`--${flag} needs --${of}.`);
    return wholeNumber(`--${flag}`, values[flag], 1, maxEverySeconds, problems);
  };
  const preview = optionalPath('--preview', values.preview, problems);
  if (preview !== undefined && !/\.(ply|splat)$/i.test(preview)) problems.push(`--preview wants a .ply or a .splat, not "${preview}".`);
  const everySeconds = seconds('preview-every', 'preview') ?? previewEverySeconds;
  return {
    checkpoint: optionalPath('--checkpoint', values.checkpoint, problems),
    checkpointEverySeconds: seconds('checkpoint-every', 'checkpoint'),
    preview: preview === undefined ? undefined : { path: preview, everySeconds },
  };
}

function parseTrain(argv: string[], problems: string[]): TrainCommand | null {
  const { values, positionals: given } = parseArgs({ args: argv, options: flagTables.train, allowPositionals: true });
  if (values.help) return null;
  const [dataset] = positionals(given, ['DATASET'], problems);
  const steps = wholeNumber('--steps', values.steps, 1, maxSteps, problems);
  const splats = wholeNumber('--max-splats', values['max-splats'], 1, maxSplats, problems);
  const widthPx = wholeNumber('--width', values.width, minWidthPx, maxWidthPx, problems);
  const shDegree = wholeNumber('--sh-degree', values['sh-degree'], 0, 3, problems);
  const refinePoses = onOrOff('--refine-poses', values['refine-poses'], problems);
  const refineExposure = onOrOff('--refine-exposure', values['refine-exposure'], problems);
  const options: TrainOptions = {
    preset: oneOf('--preset', values.preset, ['preview', 'full'], problems) ?? 'preview',
    holdout: oneOf('--holdout', values.holdout, ['8', '0'], problems) === '0' ? 0 : 8,
    seed: wholeNumber('--seed', values.seed, 0, maxSeed, problems) ?? 0,
    antialiased: values.antialiased ?? false,
    ...(steps !== undefined && { steps }),
    ...(splats !== undefined && { maxSplats: splats }),
    ...(widthPx !== undefined && { widthPx }),
    ...(shDegree !== undefined && { shDegree }),
    ...(refinePoses !== undefined && { refinePoses }),
    ...(refineExposure !== undefined && { refineExposure }),
  };
  return {
    name: 'train',
    dataset,
    out: needed('--out (-o)', values.out, problems),
    options,
    ...keeping(values, problems),
    poses: optionalPath('--poses', values.poses, problems),
    renders: values.renders ?? false,
    json: values.json ?? false,
  };
}

function parseSolve(argv: string[], problems: string[]): SolveCommand | null {
  const { values, positionals: given } = parseArgs({ args: argv, options: flagTables.solve, allowPositionals: true });
  if (values.help) return null;
  const [photos] = positionals(given, ['PHOTOS'], problems);
  const out = needed('--out (-o)', values.out, problems);
  const widthPx = wholeNumber('--width', values.width, minSolveWidthPx, maxWidthPx, problems);
  const features = wholeNumber('--features', values.features, minFeatures, maxFeatures, problems);
  const cache = optionalPath('--cache', values.cache, problems) ?? join(out, 'cache');
  return {
    name: 'solve',
    photos,
    out,
    options: {
      seed: wholeNumber('--seed', values.seed, 0, maxSeed, problems) ?? 0,
      ...(widthPx !== undefined && { widthPx }),
      ...(features !== undefined && { features }),
      ...(values.video && { video: true }),
    },
    intrinsics: intrinsicsFlag('--intrinsics', values.intrinsics, problems),
    cache: cache === 'off' ? null : cache,
    json: values.json ?? false,
  };
}

function parseRender(argv: string[], problems: string[]): RenderCommand | null {
  const { values, positionals: given } = parseArgs({ args: argv, options: flagTables.render, allowPositionals: true });
  if (values.help) return null;
  const [scene] = positionals(given, ['SCENE'], problems);
  const holdout = oneOf('--holdout', values.holdout, ['8', '0'], problems);
  if (values.all && holdout === '8') problems.push('--all and --holdout 8 contradict each other.');
  return {
    name: 'render',
    scene,
    cameras: needed('--cameras', values.cameras, problems),
    poses: optionalPath('--poses', values.poses, problems),
    out: needed('--out (-o)', values.out, problems),
    widthPx: wholeNumber('--width', values.width, minWidthPx, maxWidthPx, problems),
    holdout: holdout === '8' ? 8 : 0,
    json: values.json ?? false,
  };
}

function parseConvert(argv: string[], problems: string[]): ConvertCommand | null {
  const { values, positionals: given } = parseArgs({ args: argv, options: flagTables.convert, allowPositionals: true });
  if (values.help) return null;
  const [input, output] = positionals(given, ['IN', 'OUT'], problems);
  return { name: 'convert', input, output, json: values.json ?? false };
}

/** What is wrong with flags that are to be added to every training run. */
function trainFlagProblems(flags: string[]): string[] {
  const parsed = parseCommand(['train', 'PHOTOS', '--out', 'OUT', '--checkpoint', 'CHECKPOINT', '--preview', 'PREVIEW.ply', ...flags]);
  if (parsed.kind === 'usage') return parsed.problems;
  if (parsed.kind === 'help' || parsed.command.name !== 'train') return ['--help is no flag of a training run.'];
  const { out, checkpoint, preview } = parsed.command;
  const places = { out: out !== 'OUT', checkpoint: checkpoint !== 'CHECKPOINT', preview: preview?.path !== 'PREVIEW.ply' };
  return Object.entries(places).flatMap(([name, isTaken]) => (isTaken ? [`--${name} is for the worker to choose.`] : []));
}

const parsers = {
  train: parseTrain,
  solve: parseSolve,
  render: parseRender,
  convert: parseConvert,
  serve: (argv: string[], problems: string[]) => parseServe(argv, problems, trainFlagProblems),
};

/** Node's own messages name the flag in their first sentence; the rest is advice to programmers. */
function parseArgsProblem(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
  return `${error.message.split(/\.?(?: |\n)(?=To |Did )|\.$/)[0]}.`.replace(
    'argument is ambiguous',
    'wants a value that does not start with a dash',
  );
}

/** A path and where the result goes: not a command, and nothing else that could be one misspelt. */
function isShorthand([first, ...rest]: string[]): boolean {
  if (first === undefined || first.startsWith('-') || first === 'help' || isCommandName(first)) return false;
  return (rest[0]?.startsWith('-') ?? false) && rest.some((word) => word === '-o' || /^--out\b/.test(word));
}

/** Reads the words after the program's name. Never throws for anything a person can type. */
export function parseCommand(argv: string[]): Parsed {
  const [first, ...others] = argv;
  // Photos alone, without a command, mean all of it: `splat PHOTOS -o OUT`.
  const [name, rest] = isShorthand(argv) ? ['train', argv] : [first, others];
  if (name === undefined) return { kind: 'usage', topic: 'general', problems: ['No command was given.'] };
  if (name === '--help' || name === '-h' || name === 'help') return { kind: 'help', topic: 'general' };
  if (!isCommandName(name)) return { kind: 'usage', topic: 'general', problems: [`"${name}" is not a command.`] };
  const problems: string[] = [];
  try {
    const command = parsers[name](rest, problems);
    if (!command) return { kind: 'help', topic: name };
    return problems.length > 0 ? { kind: 'usage', topic: name, problems } : { kind: 'run', command };
  } catch (error) {
    return { kind: 'usage', topic: name, problems: [parseArgsProblem(error)] };
  }
}
