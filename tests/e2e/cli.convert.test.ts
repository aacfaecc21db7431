/** splat convert and the words for wrong usage, as a child process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPly, writePly } from '../../src/core/formats/ply.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { eventsOf, splat } from './cliProcess.ts';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'splat-convert-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const few: Splats = {
  count: 2,
  shDegree: 0,
  antialiased: false,
  means: Float32Array.of(0, 1, 2, -3, 4.5, -6),
  logScales: Float32Array.of(-1, -2, -3, -4, -5, -6),
  quats: Float32Array.of(1, 0, 0, 0, 0.5, 0.5, 0.5, 0.5),
  opacityLogits: Float32Array.of(2, -2),
  sh: Float32Array.of(0.1, 0.2, 0.3, -0.1, -0.2, -0.3),
};

describe('splat convert', () => {
  test('there and back again through .splat keeps places and sizes', async () => {
    const [input, between, output] = ['a.ply', 'b.splat', 'c.ply'].map((name) => join(folder, name));
    writeFileSync(input, writePly(few));
    const there = await splat(['convert', input, between, '--json']);
    expect([there.code, eventsOf(there).map((event) => event.type)]).toEqual([0, ['stage-started', 'stage-started', 'finished']]);
    // The .splat format: 32 bytes a splat, three 32-bit floats of position first.
    expect(readFileSync(between)).toHaveLength(64);
    const back = await splat(['convert', between, output]);
    expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Saved .*c\.ply/) as string });
    const read = readPly(readFileSync(output), 'c.ply');
    if (!read.ok) throw new Error(read.failure.detail);
    const rows = Array.from({ length: 2 }, (_, i) => [...read.value.splats.means.slice(3 * i, 3 * i + 3)]);
    expect(rows.sort((a, b) => b[0] - a[0])).toEqual([
      [0, 1, 2],
      [-3, 4.5, -6],
    ]);
    expect([...read.value.splats.logScales].map((value) => Math.round(value * 1e4) / 1e4).sort((a, b) => b - a)).toEqual([
      -1, -2, -3, -4, -5, -6,
    ]);
  });

  test('an unknown format and a missing file end with 1 and say what is wrong', async () => {
    const missing = await splat(['convert', join(folder, 'nowhere.ply'), join(folder, 'x.spz')]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/Error: .+\n {2}Cannot read .*nowhere\.ply: it does not exist\.\n {2}What to do: /);
    writeFileSync(join(folder, 'd.ply'), writePly(few));
    const unknown = await splat(['convert', join(folder, 'd.ply'), join(folder, 'd.obj'), '--json']);
    expect(unknown.code).toBe(1);
    expect(eventsOf(unknown).at(-1)).toMatchObject({ type: 'failed', failure: { code: 'bad-file' } });
  });
});

describe('usage', () => {
  test('a wrong flag ends with 2 and names it; nothing goes to standard output', async () => {
    const ended = await splat(['train', 'fox', '-o', folder, '--setps', '5']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain("'--setps'");
    expect(ended.stderr).toContain('train --help');
  });

  test('help ends with 0 on standard output', async () => {
    const ended = await splat(['train', '--help']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('--checkpoint FILE');
  });
});
