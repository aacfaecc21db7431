/** Observations and tracks in COLMAP models: the documented bytes and lines, and both forms read back. */
import { describe, expect, test } from 'vitest';
import { readColmapBinary } from '../../src/core/formats/colmapBinary.ts';
import { readColmapText } from '../../src/core/formats/colmapText.ts';
import { tracksOf } from '../../src/core/formats/colmapTracks.ts';
import { writeColmapBinary, writeColmapText } from '../../src/core/formats/colmapWrite.ts';
import type { ViewObservations } from '../../src/core/sfm/contract.ts';
import { smallModel } from '../fixtures/smallModel.ts';

const seen = (xy: number[], point: number[]): ViewObservations => ({ xy: Float64Array.from(xy), point: Int32Array.from(point) });
/** Of the small model's four views and two points. */
const observations = [seen([1, 2, 3.5, 4.25, 0.1, 47.9], [-1, 1, 0]), seen([5, 6], [1]), seen([], []), seen([7, 8, 9, 10], [1, -1])];

test('tracks list the key points of each point, by view', () => {
  expect(tracksOf(observations, 2)).toEqual({
    starts: Uint32Array.of(0, 1, 4),
    views: Uint32Array.of(0, 0, 1, 3),
    keypoints: Uint32Array.of(2, 1, 0, 0),
  });
  expect(tracksOf([seen([1, 1], [7])], 2).views).toHaveLength(0);
});

/** Walks through images.bin by the documentation, for what the reader skips. */
function binaryObservations(images: Uint8Array): { id: number; points: [number, number, bigint][] }[] {
  const view = new DataView(images.buffer, images.byteOffset, images.byteLength);
  let at = 8;
  return Array.from({ length: Number(view.getBigUint64(0, true)) }, () => {
    const id = view.getUint32(at, true);
    at += 64;
    while (images[at++] !== 0);
    const count = Number(view.getBigUint64(at, true));
    at += 8;
    const points = Array.from({ length: count }, (): [number, number, bigint] => {
      at += 24;
      return [view.getFloat64(at - 24, true), view.getFloat64(at - 16, true), view.getBigUint64(at - 8, true)];
    });
    return { id, points };
  });
}

describe('binary', () => {
  const files = writeColmapBinary(smallModel(), observations);

  test('images.bin holds the observations; no point is 2^64 - 1', () => {
    expect(binaryObservations(files.images)).toEqual([
      {
        id: 1,
        points: [
          [1, 2, 2n ** 64n - 1n],
          [3.5, 4.25, 2n],
          [0.1, 47.9, 1n],
        ],
      },
      { id: 2, points: [[5, 6, 2n]] },
      { id: 3, points: [] },
      {
        id: 4,
        points: [
          [7, 8, 2n],
          [9, 10, 2n ** 64n - 1n],
        ],
      },
    ]);
  });

  test('points3D.bin ends with the track of the last point: images 1, 2 and 4', () => {
    const view = new DataView(files.points3D.buffer, files.points3D.length - 32);
    expect(Number(view.getBigUint64(0, true))).toBe(3);
    expect(Array.from({ length: 6 }, (_, i) => view.getUint32(8 + 4 * i, true))).toEqual([1, 1, 2, 0, 4, 0]);
  });

  test('the reader finds the same model and the track lengths', () => {
    const read = readColmapBinary(
      { path: 'cameras.bin', bytes: files.cameras },
      { path: 'images.bin', bytes: files.images },
      { path: 'points3D.bin', bytes: files.points3D },
    );
    if (!read.ok) throw new Error(read.failure.detail);
    expect(read.value.cameras).toEqual(smallModel().cameras);
    expect(read.value.views.map(({ photoName }) => photoName)).toEqual(smallModel().views.map(({ photoName }) => photoName));
    expect([...read.value.points.trackLength]).toEqual([1, 3]);
  });
});

describe('text', () => {
  const files = writeColmapText(smallModel(), observations);
  const linesOf = (bytes: Uint8Array): string[] => new TextDecoder().decode(bytes).split('\n');

  test('the lines of observations and tracks', () => {
    expect(linesOf(files.images)[2]).toBe('1 2 -1 3.5 4.25 2 0.1 47.9 1');
    expect(linesOf(files.images)[6]).toBe('');
    expect(linesOf(files.points3D)[2]).toBe('2 -1 -2 -3 253 254 255 1.5 1 1 2 0 4 0');
  });

  test('the reader finds the same model and the track lengths', () => {
    const [cameras, images, points] = [files.cameras, files.images, files.points3D].map((bytes) => new TextDecoder().decode(bytes));
    const read = readColmapText({ path: 'c', text: cameras }, { path: 'i', text: images }, { path: 'p', text: points });
    if (!read.ok) throw new Error(read.failure.detail);
    expect(read.value.views).toHaveLength(4);
    expect([...read.value.points.trackLength]).toEqual([1, 3]);
    expect(read.value.warnings).toEqual([]);
  });
});
