/** The command solve as typed: flags, intrinsics as numbers and as files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type SolveCommand, parseCommand } from '../../src/cli/args.ts';
import { knownIntrinsics } from '../../src/cli/intrinsics.ts';
import { writeColmapBinary, writeColmapText } from '../../src/core/formats/colmapWrite.ts';
import { type Result, ok } from '../../src/core/job/failure.ts';
import type { KnownIntrinsics } from '../../src/core/sfm/contract.ts';
import { smallModel } from '../fixtures/smallModel.ts';

function command(line: string): SolveCommand {
  const parsed = parseCommand(['solve', ...line.split(' ')]);
  if (parsed.kind !== 'run' || parsed.command.name !== 'solve') throw new Error(JSON.stringify(parsed));
  return parsed.command;
}

function problems(line: string): string[] {
  const parsed = parseCommand(['solve', ...line.split(' ')]);
  if (parsed.kind !== 'usage') throw new Error(JSON.stringify(parsed));
  return parsed.problems;
}

describe('flags', () => {
  test('needs only photos and a place for the results', () => {
    expect(command('fox -o out')).toEqual({
      name: 'solve',
      photos: 'fox',
      out: 'out',
      options: { seed: 0 },
      intrinsics: undefined,
      cache: join('out', 'cache'),
      json: false,
    });
  });

  test('takes every flag', () => {
    expect(command('fox.mp4 --out out --intrinsics 500,320,240 --width 800 --features 2000 --seed 7 --video --cache off --json')).toEqual({
      name: 'solve',
      photos: 'fox.mp4',
      out: 'out',
      options: { seed: 7, widthPx: 800, features: 2000, video: true },
      intrinsics: { fx: 500, fy: 500, cx: 320, cy: 240, k1: 0, k2: 0 },
      cache: null,
      json: true,
    });
    expect(command('fox -o out --cache kept').cache).toBe('kept');
  });

  test.each(['--width 159', '--features 10', '--seed -1', '--cache=', '--intrinsics=', '--intrinsics 500', '--frames 3'])(
    '%s is refused',
    (flags) => {
      const found = problems(`fox -o out ${flags}`);
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(flags.split(/[ =]/)[0]);
    },
  );

  test('tells what is missing', () => {
    expect(problems('--video')).toEqual(['PHOTOS is missing.', '--out (-o) is missing.']);
  });
});

describe('intrinsics as numbers', () => {
  test.each([
    ['500,320,240', [500, 500, 320, 240, 0, 0]],
    ['500,501.5,320,240', [500, 501.5, 320, 240, 0, 0]],
    ['500,501,320,240,-0.1', [500, 501, 320, 240, -0.1, 0]],
    ['5e2,501,320,240,-0.1,+0.02', [500, 501, 320, 240, -0.1, 0.02]],
  ])('%s', (text, [fx, fy, cx, cy, k1, k2]) => {
    expect(command(`fox -o out --intrinsics=${text}`).intrinsics).toEqual({ fx, fy, cx, cy, k1, k2 });
  });

  test.each(['500,320', '1,2,3,4,5,6,7', '0,320,240', '500,-1,320,240', '500,,240', '1-2,3,4', '1e999,1,1'])('%s is refused', (text) => {
    expect(problems(`fox -o out --intrinsics=${text}`)[0]).toContain('--intrinsics');
  });

  test('anything else is a file', () => {
    expect(command('fox -o out --intrinsics 2024/cameras.txt').intrinsics).toEqual({ file: '2024/cameras.txt' });
  });

  test('they are meant for the photos as stored', async () => {
    const numbers = { fx: 500, fy: 501, cx: 320, cy: 240, k1: 0.1, k2: 0.2 };
    const known = await knownIntrinsics(numbers, async () => ok({ widthPx: 640, heightPx: 480 }));
    expect(known).toEqual(ok({ widthPx: 640, heightPx: 480, ...numbers }));
  });
});

describe('intrinsics from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'intrinsics-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (name: string, content: Uint8Array | string): Promise<Result<KnownIntrinsics>> => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return knownIntrinsics({ file }, () => Promise.reject(new Error('The size is in the file.')));
  };
  /** The first camera of the small model. */
  const expected = ok({ widthPx: 64, heightPx: 48, fx: 101.25, fy: 100, cx: 32, cy: 24, k1: 0, k2: 0 });

  test('COLMAP, text and binary', async () => {
    expect(await read('cameras.txt', writeColmapText(smallModel()).cameras)).toEqual(expected);
    expect(await read('cameras.bin', writeColmapBinary(smallModel()).cameras)).toEqual(expected);
  });

  test('transforms.json', async () => {
    const frame = {
      file_path: 'a.jpg',
      transform_matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0].map((_, i, all) => all.slice(4 * i, 4 * i + 4)).slice(0, 3),
    };
    const file = { fl_x: 101.25, fl_y: 100, cx: 32, cy: 24, w: 64, h: 48, k1: 0.1, frames: [frame] };
    expect(await read('transforms.json', JSON.stringify(file))).toMatchObject({ ok: true, value: { fx: 101.25, widthPx: 64, k1: 0.1 } });
  });

  test('a list of images with COLMAP parameters', async () => {
    const image = { name: 'a.jpg', w: 64, h: 48, model: 'PINHOLE', params: [101.25, 100, 32, 24] };
    expect(await read('reference.json', JSON.stringify({ images: [image] }))).toEqual(expected);
  });

  test.each([
    ['other.json', '{}'],
    ['broken.json', '{"images": ['],
    ['odd.json', '{"images": [{"model": "PINHOLE", "params": "none", "w": 1, "h": 1}]}'],
    ['lens.json', '{"images": [{"model": "FISHEYE", "params": [], "w": 1, "h": 1}]}'],
    ['empty.txt', '# nothing\n'],
    ['short.bin', new Uint8Array(3)],
    ['garbage.txt', 'hello'],
  ])('%s is a Failure that names it', async (name, content) => {
    const result = await read(name, content);
    if (result.ok) throw new Error('It was read.');
    expect(result.failure.code).toBe('bad-file');
    expect(`${result.failure.file} ${result.failure.detail}`).toContain(name);
  });

  test('a file that is not there', async () => {
    expect(await knownIntrinsics({ file: join(folder, 'no.txt') }, () => Promise.reject(new Error()))).toMatchObject({ ok: false });
  });
});
