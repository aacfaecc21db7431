/** Frames of a video through a stand-in for ffmpeg that makes a moving pattern, and the grey stream between the two. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { frameEstimate } from '../../src/cli/ffmpeg.ts';
import { createPgmStream } from '../../src/cli/pgmStream.ts';
import { videoFrames } from '../../src/cli/videoFrames.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';

const folder = mkdtempSync(join(tmpdir(), 'video-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('grey stream', () => {
  const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
  const stream = Uint8Array.from([...bytes('P5\n3 2\n255\n'), 0, 10, 255, 51, 4, 5, ...bytes('P5\n1 1\n255\n'), 10]);

  test.each([1, 2, 3, 7, 100])('images out of pieces of %i bytes', (length) => {
    const images: GreyImage[] = [];
    const take = createPgmStream((image) => images.push(image));
    for (let at = 0; at < stream.length; at += length) take(stream.subarray(at, at + length));
    expect(images.map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual([
      [3, 2],
      [1, 1],
    ]);
    expect([...images[0].values].map((value) => Math.round(255 * value))).toEqual([0, 10, 255, 51, 4, 5]);
    expect(Math.round(255 * images[1].values[0])).toBe(10);
  });

  test('anything else is refused', () => {
    expect(() => createPgmStream(() => undefined)(Uint8Array.from(bytes('P6\n3 2\n255\n')))).toThrow();
    expect(() => createPgmStream(() => undefined)(new Uint8Array(100))).toThrow();
  });
});

test('how many frames to expect', () => {
  const said = '  Duration: 00:01:02.50, start: 0.0, bitrate: 5 kb/s\n  Stream #0:0: Video: h264, 720x1280, 5100 kb/s, 29.97 fps, 30 tbr';
  expect(frameEstimate(said)).toBe(Math.round(62.5 * 29.97));
  expect(frameEstimate('Duration: N/A')).toBeNull();
});

/** A video of 30 frames, each held for 3, that pans by 6 % of its width from one to the next. */
function standIn(name: string, program: string): void {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'ffmpeg'), `#!${process.execPath}\n${program}`);
  chmodSync(join(place, 'ffmpeg'), 0o755);
  vi.stubEnv('PATH', place);
}

const pan = (version: string, passthrough: string): string => `
const { writeFileSync, writeSync } = require('node:fs');
const args = process.argv.slice(2);
if (args.includes('-version')) { console.log('ffmpeg version ${version} Copyright'); process.exit(0); }
if (!args.includes('${passthrough}')) { console.error('Unrecognized option'); process.exit(1); }
const filter = args[args.indexOf('-vf') + 1];
const level = (x, y) => (Math.imul((x >> 3) * 374761393 + (y >> 3) * 668265263, 1274126177) >>> 24);
if (args.includes('pgm')) {
  console.error('  Duration: 00:00:01.00, start: 0\\n  Stream: Video: h264, 30 fps, 30 tbr');
  for (let frame = 0; frame < 30; frame++) {
    const shift = 9 * Math.floor(frame / 3);
    const grey = Buffer.from(Array.from({ length: 160 * 96 }, (_, i) => level((i % 160) + shift, Math.floor(i / 160))));
    const image = Buffer.concat([Buffer.from('P5\\n160 96\\n255\\n'), grey]);
    for (let at = 0; at < image.length; ) try { at += writeSync(1, image, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
} else {
  const frames = [...filter.matchAll(/eq\\(n\\\\,(\\d+)\\)/g)].map((match) => match[1]);
  frames.forEach((frame, i) => writeFileSync(args.at(-1).replace('%06d', String(i + 1).padStart(6, '0')), 'frame ' + frame));
}
`;

describe('videoFrames', () => {
  const events: JobEvent[] = [];
  const emit = (event: JobEvent): void => void events.push(event);

  test.each([
    ['5.1.9-0+deb12u1', '-fps_mode'],
    ['n7.1', '-fps_mode'],
    ['N-12345-g12', '-fps_mode'],
    ['4.4.2', '-vsync'],
    ['5.0.1', '-vsync'],
  ])('ffmpeg %s: each held frame once, named by its number, in order', async (version, passthrough) => {
    standIn(version, pan(version, passthrough));
    const frames = join(folder, `frames ${version}`);
    const read = await videoFrames('clip.mp4', frames, 1600, { emit });
    if (!read.ok) throw new Error(read.failure.detail);
    const numbers = read.value.map(({ path }) => Number(/^frame_(\d{6})\.png$/.exec(path)![1]));
    expect(numbers.map((frame) => Math.floor(frame / 3))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [i, file] of read.value.entries()) expect(new TextDecoder().decode(await file.bytes())).toBe(`frame ${numbers[i]}`);
    expect(readdirSync(frames).sort()).toEqual(read.value.map(({ path }) => path));
    expect(events.at(-1)).toMatchObject({ type: 'progress', stage: 'read', done: 30, total: 30, unit: 'frames' });
  });

  test('no ffmpeg is a Failure that says what to do', async () => {
    vi.stubEnv('PATH', join(folder, 'nowhere'));
    expect(await videoFrames('clip.mp4', folder, 1600, { emit })).toMatchObject({
      ok: false,
      failure: { code: 'bad-file', detail: expect.stringMatching(/ffmpeg.*Install/) },
    });
  });

  test('a video that it cannot decode is a Failure that names it and what ffmpeg says', async () => {
    standIn(
      'broken',
      `if (process.argv.includes('-version')) console.log('ffmpeg version 7.1'); else { console.error('moov atom not found'); process.exit(1); }`,
    );
    expect(await videoFrames('a/clip.mp4', join(folder, 'none'), 1600, { emit })).toMatchObject({
      ok: false,
      failure: { code: 'bad-file', file: 'a/clip.mp4', detail: expect.stringContaining('moov atom not found') },
    });
  });

  test('stops when it is to stop', async () => {
    standIn('slow', `if (process.argv.includes('-version')) console.log('ffmpeg version 7.1'); else setTimeout(() => {}, 30_000);`);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const startMs = performance.now();
    const read = await videoFrames('clip.mp4', join(folder, 'stopped'), 1600, { emit, signal: abort.signal });
    expect(read).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});
