/** What the terminal lends the solver: decoding at a working size, and a cache that forgets what was damaged. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { createFileCache } from '../../src/cli/fileCache.ts';
import { decodeForSolving } from '../../src/cli/solveDecode.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'solve-host-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (bytes: Uint8Array): SourceFile => ({ path: 'a.jpg', sizeBytes: bytes.length, bytes: async () => bytes });

/** Left half red, right half blue, 60 x 40 px. */
function halves() {
  const rgb = Buffer.alloc(60 * 40 * 3);
  for (let i = 0; i < 60 * 40; i++) rgb[3 * i + (i % 60 < 30 ? 0 : 2)] = 255;
  return sharp(rgb, { raw: { width: 60, height: 40, channels: 3 } });
}

describe('decoding', () => {
  test('scales the longer side down, keeps the shape and tells the size as stored', async () => {
    const { pixels, widthPx, heightPx } = await decodeForSolving(file(await halves().png().toBuffer()), 30);
    expect([widthPx, heightPx, pixels.widthPx, pixels.heightPx]).toEqual([60, 40, 30, 20]);
    expect(pixels.rgba).toHaveLength(30 * 20 * 4);
    expect([...pixels.rgba.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });

  test('never enlarges', async () => {
    const { pixels } = await decodeForSolving(file(await halves().png().toBuffer()), 1600);
    expect([pixels.widthPx, pixels.heightPx]).toEqual([60, 40]);
  });

  test('stands a photo up by its EXIF orientation, and both sizes with it', async () => {
    const lying = await halves().withMetadata({ orientation: 6 }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const { pixels, widthPx, heightPx } = await decodeForSolving(file(lying), 30);
    expect([widthPx, heightPx, pixels.widthPx, pixels.heightPx]).toEqual([40, 60, 20, 30]);
    // Turned a quarter clockwise, the left half is on top.
    expect(pixels.rgba[0]).toBeGreaterThan(200);
    expect(pixels.rgba[4 * (20 * 29) + 2]).toBeGreaterThan(200);
  });

  test('throws for half a photo', async () => {
    const whole = await halves().jpeg().toBuffer();
    await expect(decodeForSolving(file(whole.subarray(0, whole.length / 2)), 30)).rejects.toThrow();
    await expect(decodeForSolving(file(new Uint8Array(10)), 30)).rejects.toThrow();
  });
});

describe('cache', () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test('gives back what was put, by key, whatever the key looks like', async () => {
    const cache = createFileCache(join(folder, 'a', 'b'));
    expect(await cache.get('../x:y')).toBeNull();
    await cache.put('../x:y', bytes);
    await cache.put('z', new Uint8Array(0));
    expect(await cache.get('../x:y')).toEqual(bytes);
    expect(await cache.get('z')).toEqual(new Uint8Array(0));
    expect(await createFileCache(join(folder, 'a', 'b')).get('../x:y')).toEqual(bytes);
    expect(readdirSync(join(folder, 'a', 'b'))).toHaveLength(2);
  });

  test.each([
    ['cut short', (content: Buffer) => content.subarray(0, content.length - 1)],
    ['changed', (content: Buffer) => Buffer.from(content.map((value, i) => (i === content.length - 1 ? value ^ 1 : value)))],
    ['emptied', () => Buffer.alloc(0)],
  ])('an entry that was %s is a miss', async (name, damage) => {
    const place = join(folder, name);
    const cache = createFileCache(place);
    await cache.put('k', bytes);
    const [entry] = readdirSync(place);
    writeFileSync(join(place, entry), damage(readFileSync(join(place, entry))));
    expect(await cache.get('k')).toBeNull();
  });

  test('a folder that cannot be written costs only the cache', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const cache = createFileCache(join(folder, 'plain'));
    await cache.put('k', bytes);
    expect(await cache.get('k')).toBeNull();
  });
});
