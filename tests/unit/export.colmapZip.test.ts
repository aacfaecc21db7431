/** Solved cameras in a zip, read back by our own reader of data sets. */
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { writeColmapBinary } from '../../src/core/formats/colmapWrite.ts';
import { colmapZip } from '../../src/core/formats/colmapZip.ts';
import type { Reconstruction } from '../../src/core/scene/reconstruction.ts';

const scene: Reconstruction = {
  cameras: [{ id: 1, model: 'PINHOLE', widthPx: 64, heightPx: 48, fx: 50, fy: 51, cx: 32, cy: 24, k1: 0, k2: 0, p1: 0, p2: 0 }],
  views: [{ photoName: 'a b.jpg', cameraId: 1, pose: { q: [1, 0, 0, 0], t: [0.5, -1, 2] } }],
  points: {
    count: 1,
    xyz: Float64Array.of(1, 2, 3),
    rgb: Uint8Array.of(4, 5, 6),
    error: Float32Array.of(0.5),
    trackLength: Uint32Array.of(0),
  },
};

test('the model lies where COLMAP looks for it, the photos beside it as they are', () => {
  const photo = Uint8Array.from({ length: 500 }, (_, i) => i % 7);
  const files = unzipSync(colmapZip(scene, [{ name: 'a b.jpg', bytes: photo }]));
  const model = writeColmapBinary(scene);
  expect(Object.keys(files).sort()).toEqual(['images/a b.jpg', 'sparse/0/cameras.bin', 'sparse/0/images.bin', 'sparse/0/points3D.bin']);
  expect(files['images/a b.jpg']).toEqual(photo);
  for (const name of ['cameras', 'images', 'points3D'] as const) expect(files[`sparse/0/${name}.bin`]).toEqual(model[name]);
});

test('two zips of the same scene are the same', () => {
  expect(colmapZip(scene)).toEqual(colmapZip(scene));
});
