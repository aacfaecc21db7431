/** splat solve, and photos alone given to splat, as a child process: files, figures, what is left out, and bad input. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readColmapBinary } from '../../src/core/formats/colmapBinary.ts';
import { readColmapText } from '../../src/core/formats/colmapText.ts';
import type { SolveReport } from '../../src/core/sfm/contract.ts';
import type { TrainMetrics } from '../../src/core/train/contract.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { eventsOf, splat } from './cliProcess.ts';

let root = '';
let photos = '';
const minuteMs = 60_000;
const placed = 7;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'splat-solve-'));
  photos = join(root, 'photos');
  mkdirSync(photos);
  const scene = proceduralScene({ widthPx: 400, heightPx: 300, viewCount: 24, pointCount: 1, detail: true });
  for (let i = 0; i < placed; i++) {
    const { widthPx: width, heightPx: height, rgba } = scene.photos[i];
    await sharp(rgba, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toFile(join(photos, `view${i}.png`));
  }
  writeFileSync(join(photos, 'broken.jpg'), 'no photo');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const reportIn = (folder: string): SolveReport => JSON.parse(readFileSync(join(folder, 'solve.json'), 'utf8')) as SolveReport;

test(
  'photos alone become a splat in one go; the second run finds its features kept',
  async () => {
    const out = join(root, 'splat');
    const train = ['--width', '80', '--max-splats', '2000', '--steps', '200', '--sh-degree', '0'];
    const ended = await splat([photos, '-o', out, ...train]);
    expect(ended.code, ended.stderr).toBe(0);
    const metrics = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as TrainMetrics;
    expect(metrics).toMatchObject({ data: `solved from ${placed + 1} photos`, trainViews: placed - 1, heldOutViews: 1, steps: 200 });
    expect(metrics.psnrDb).toBeGreaterThan(18);
    expect(metrics.poseRefinement).not.toBeNull();
    expect(existsSync(join(out, 'sparse/0/points3D.bin'))).toBe(true);
    const found = reportIn(out).secondsByStage.features;
    const again = await splat([photos, '-o', out, ...train, '--steps', '20']);
    expect(again.code, again.stderr).toBe(0);
    // In the same run on the same machine: reading them is far less than finding them.
    expect(reportIn(out).secondsByStage.features).toBeLessThan(found / 2);
  },
  4 * minuteMs,
);

test(
  'solve writes a COLMAP model in both forms and a report that names what was left out',
  async () => {
    const out = join(root, 'solved');
    // What the splat in one go found and matched is taken from there.
    const ended = await splat(['solve', photos, '-o', out, '--cache', join(root, 'splat/cache'), '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    const report = reportIn(out);
    expect(report).toMatchObject({ photos: placed + 1, registered: placed });
    expect(report.leftOut).toEqual([expect.objectContaining({ photo: 'broken.jpg', reason: 'unreadable' })]);
    const at = (name: string) => ({ path: name, bytes: new Uint8Array(readFileSync(join(out, 'sparse/0', name))) });
    const text = (name: string) => ({ path: name, text: readFileSync(join(out, 'sparse/0', name), 'utf8') });
    const binary = readColmapBinary(at('cameras.bin'), at('images.bin'), at('points3D.bin'));
    const plain = readColmapText(text('cameras.txt'), text('images.txt'), text('points3D.txt'));
    if (!binary.ok || !plain.ok) throw new Error('the model does not read back');
    expect(binary.value.views.map(({ photoName }) => photoName)).toEqual(Array.from({ length: placed }, (_, i) => `view${i}.png`));
    expect(plain.value.views).toEqual(binary.value.views);
    expect(binary.value.points.count).toBe(report.points);
    const warned = eventsOf(ended).flatMap((event) => (event.type === 'warning' ? [event.failure.code] : []));
    expect(warned).toEqual(['partial']);
  },
  3 * minuteMs,
);

test('two photos, and a folder without any, fail with what is missing', async () => {
  const few = join(root, 'few');
  mkdirSync(few);
  for (const name of ['view0.png', 'view1.png']) writeFileSync(join(few, name), readFileSync(join(photos, name)));
  const two = await splat(['solve', few, '-o', join(root, 'out')]);
  expect(two.code).toBe(1);
  expect(two.stderr).toMatch(/2 photos; at least 3/);
  const empty = join(root, 'empty');
  mkdirSync(empty);
  const none = await splat([empty, '-o', join(root, 'out')]);
  expect(none.code).toBe(1);
  expect(none.stderr).toMatch(/no photo/i);
});
