/** Command line arguments: what a person types becomes a command, a help text or a usage error that names the flag. */
import { describe, expect, test } from 'vitest';
import { type Command, parseCommand } from '../../src/cli/args.ts';
import { flagTables } from '../../src/cli/flags.ts';
import { helpText, usageText } from '../../src/cli/help.ts';

const words = (line: string): string[] => line.split(' ').filter(Boolean);

function command(line: string): Command {
  const parsed = parseCommand(words(line));
  if (parsed.kind !== 'run') throw new Error(`"${line}" gave ${JSON.stringify(parsed)}`);
  return parsed.command;
}

function problems(line: string): string[] {
  const parsed = parseCommand(words(line));
  if (parsed.kind !== 'usage') throw new Error(`"${line}" gave ${JSON.stringify(parsed)}`);
  return parsed.problems;
}

describe('train', () => {
  test('needs only a dataset and a place for the results; the rest is left to the session', () => {
    expect(command('train fox -o out')).toEqual({
      name: 'train',
      dataset: 'fox',
      out: 'out',
      options: { preset: 'preview', holdout: 8, seed: 0, antialiased: false },
      checkpoint: undefined,
      poses: undefined,
      renders: false,
      json: false,
    });
  });

  test('takes every flag', () => {
    const line =
      'train fox --out out --preset full --steps 700 --max-splats 5000 --width 135 --holdout 0 --seed 4294967295 --sh-degree 2 ' +
      '--antialiased --refine-poses on --refine-exposure off --checkpoint a/b.ckpt --poses transforms.json --renders --json';
    expect(command(line)).toEqual({
      name: 'train',
      dataset: 'fox',
      out: 'out',
      options: {
        preset: 'full',
        steps: 700,
        maxSplats: 5000,
        widthPx: 135,
        holdout: 0,
        seed: 4294967295,
        shDegree: 2,
        antialiased: true,
        refinePoses: true,
        refineExposure: false,
      },
      checkpoint: 'a/b.ckpt',
      poses: 'transforms.json',
      renders: true,
      json: true,
    });
  });

  test('--sh-degree 0 and --seed 0 are values, not absences', () => {
    expect(command('train fox -o out --sh-degree 0 --seed 0')).toMatchObject({ options: { shDegree: 0, seed: 0 } });
  });

  test.each([
    ['--steps 0', '--steps'],
    ['--steps 1000001', '--steps'],
    ['--steps 12.5', '--steps'],
    ['--steps 1e3', '--steps'],
    ['--steps abc', '--steps'],
    ['--steps -5', '--steps'],
    ['--steps=-5', '--steps'],
    ['--steps=', '--steps'],
    ['--max-splats 0', '--max-splats'],
    ['--width 15', '--width'],
    ['--width 8193', '--width'],
    ['--holdout 4', '--holdout'],
    ['--seed 4294967296', '--seed'],
    ['--sh-degree 4', '--sh-degree'],
    ['--preset fast', '--preset'],
    ['--refine-poses yes', '--refine-poses'],
    ['--refine-exposure', '--refine-exposure'],
    ['--checkpoint=', '--checkpoint'],
    ['--poses=', '--poses'],
    ['--renders=yes', '--renders'],
    ['--frobnicate', '--frobnicate'],
    ['--step 5', '--step'],
    ['-x', '-x'],
    ['--steps', '--steps'],
  ])('%s is a usage error that names %s', (flags, name) => {
    const found = problems(`train fox -o out ${flags}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
    expect(found[0]).toMatch(/\.$/);
  });

  test('says the range and what was typed', () => {
    expect(problems('train fox -o out --steps 0')).toEqual(['--steps wants a whole number from 1 to 1,000,000, not "0".']);
    expect(problems('train fox -o out --preset fast')).toEqual(['--preset wants preview or full, not "fast".']);
  });

  test('tells all that is wrong at once', () => {
    expect(problems('train --steps 0 --width 1')).toHaveLength(4);
    expect(problems('train a b -o out')).toEqual(['"b" is one argument too many.']);
  });
});

describe('render and convert', () => {
  test('render takes every camera unless told otherwise', () => {
    const plain = {
      name: 'render',
      scene: 'a.ply',
      cameras: 'fox',
      poses: undefined,
      out: 'pics',
      widthPx: undefined,
      holdout: 0,
      json: false,
    };
    expect(command('render a.ply --cameras fox -o pics')).toEqual(plain);
    expect(command('render a.ply --cameras fox -o pics --all')).toEqual(plain);
    expect(command('render a.ply --cameras fox -o pics --holdout 8 --width 270')).toEqual({ ...plain, holdout: 8, widthPx: 270 });
  });

  test('render names what is missing and what contradicts', () => {
    expect(problems('render').join(' ')).toMatch(/SCENE.*--cameras.*--out/);
    expect(problems('render a.ply --cameras fox -o pics --all --holdout 8')[0]).toMatch(/--all.*--holdout/);
  });

  test('convert takes two names', () => {
    expect(command('convert a.ply b.spz')).toEqual({ name: 'convert', input: 'a.ply', output: 'b.spz', json: false });
    expect(problems('convert a.ply')).toEqual(['OUT is missing.']);
  });
});

describe('help', () => {
  test('no command and an unknown command are usage errors', () => {
    expect(problems('')).toHaveLength(1);
    expect(problems('tarin fox')[0]).toContain('tarin');
    expect(problems('toString')[0]).toContain('toString');
  });

  test('--help wins over what is missing', () => {
    expect(parseCommand(['--help'])).toEqual({ kind: 'help', topic: 'general' });
    expect(parseCommand(['train', '--help'])).toEqual({ kind: 'help', topic: 'train' });
    expect(parseCommand(['render', '-h'])).toEqual({ kind: 'help', topic: 'render' });
  });

  test.each(Object.keys(flagTables) as (keyof typeof flagTables)[])('the text of %s explains exactly its flags', (name) => {
    const explained = [...helpText(name).matchAll(/^ {2}(?:-\w, | {4})--([a-z-]+)/gm)].map((match) => match[1]);
    expect(explained.sort()).toEqual(Object.keys(flagTables[name]).sort());
    expect(helpText('general')).toContain(name);
  });

  test('a usage error ends with where to read more', () => {
    expect(usageText('train', ['--steps is wrong.'])).toBe('splat train: --steps is wrong.\nSee npm run splat -- train --help');
    expect(usageText('general', ['No command was given.'])).toBe('splat: No command was given.\nSee npm run splat -- --help');
  });
});

describe('photos without a command', () => {
  test('mean train', () => {
    expect(parseCommand(['holiday', '-o', 'out', '--steps', '20'])).toEqual(
      parseCommand(['train', 'holiday', '-o', 'out', '--steps', '20']),
    );
    expect(parseCommand(['clip.mp4', '--out=out'])).toMatchObject({
      kind: 'run',
      command: { name: 'train', dataset: 'clip.mp4', out: 'out' },
    });
  });

  test.each([[['trian', 'photos', '-o', 'out']], [['photos']], [['photos', '--steps', '5']]])(
    'but %j is a command misspelt or too little',
    (argv) => {
      expect(parseCommand(argv)).toEqual({ kind: 'usage', topic: 'general', problems: [`"${argv[0]}" is not a command.`] });
    },
  );
});
