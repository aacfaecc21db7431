/**
 * Flags: the flags each command knows, and readers that turn their text into checked values.
 * Invariant: a reader never throws and never guesses; a bad value adds one sentence that names its flag to `problems`.
 */
import type { ParseArgsOptionsConfig } from 'node:util';

const help = { type: 'boolean', short: 'h' } as const;
const json = { type: 'boolean' } as const;
const text = { type: 'string' } as const;
const out = { type: 'string', short: 'o' } as const;
const yes = { type: 'boolean' } as const;

export const flagTables = {
  train: {
    out,
    preset: text,
    steps: text,
    'max-splats': text,
    width: text,
    holdout: text,
    seed: text,
    'sh-degree': text,
    antialiased: yes,
    'refine-poses': text,
    'refine-exposure': text,
    checkpoint: text,
    'checkpoint-every': text,
    preview: text,
    'preview-every': text,
    poses: text,
    renders: yes,
    json,
    help,
  },
  solve: { out, intrinsics: text, width: text, features: text, seed: text, video: yes, cache: text, json, help },
  render: { out, cameras: text, poses: text, width: text, all: yes, holdout: text, json, help },
  convert: { json, help },
  serve: {
    api: text,
    'token-file': text,
    work: text,
    'worker-id': text,
    'gpu-class': text,
    'train-args': text,
    'idle-exit': text,
    once: yes,
    json,
    help,
  },
} as const satisfies Record<string, ParseArgsOptionsConfig>;

export type CommandName = keyof typeof flagTables;

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(flagTables, name);

const grouped = (value: number): string => value.toLocaleString('en-GB');

/** A whole number written in plain digits within [lowest, highest]; undefined when the flag is absent or bad. */
export function wholeNumber(
  flag: string,
  value: string | undefined,
  lowest: number,
  highest: number,
  problems: string[],
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= lowest && number <= highest) return number;
  problems.push(`${flag} wants a whole number from ${grouped(lowest)} to ${grouped(highest)}, not "${value}".`);
  return undefined;
}

/** One of a few words; undefined when the flag is absent or bad. */
export function oneOf<T extends string>(flag: string, value: string | undefined, choices: readonly T[], problems: string[]): T | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((each) => each === value);
  if (choice === undefined) problems.push(`${flag} wants ${choices.join(' or ')}, not "${value}".`);
  return choice;
}

/** on or off; undefined when the flag is absent or bad. */
export function onOrOff(flag: string, value: string | undefined, problems: string[]): boolean | undefined {
  const choice = oneOf(flag, value, ['on', 'off'], problems);
  return choice === undefined ? undefined : choice === 'on';
}

/** A path that must be given and must not be empty; '' when it is missing. */
export function needed(name: string, value: string | undefined, problems: string[]): string {
  if (!value) problems.push(`${name} is missing.`);
  return value ?? '';
}

/** A path that may be absent but not empty. */
export function optionalPath(flag: string, value: string | undefined, problems: string[]): string | undefined {
  if (value === '') problems.push(`${flag} is empty.`);
  return value || undefined;
}
