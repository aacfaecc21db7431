/** Which of the files a person gives open in the viewer. */
import { describe, expect, test } from 'vitest';
import { nameWithoutEnding, plyDeclaresSplats, splatFileOf } from '../../../src/app/features/view/splatFiles.ts';
import { writePly } from '../../../src/core/formats/ply.ts';
import { blobScene, splatFiles } from '../../fixtures/splatFiles.ts';

const picked = (name: string, content: BlobPart = 'x') => ({ path: name, file: new File([content], name.split('/').at(-1) ?? name) });
const splatPly = picked('scene.ply', writePly(blobScene(4, 0)) as Uint8Array<ArrayBuffer>);
const pointCloud =
  'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\nend_header\n0 0 0 9\n';

describe('what opens in the viewer', () => {
  test.each(['a.splat', 'a.KSPLAT', 'a.spz', 'a.sog', 'folder/a.glb'])('%s', async (path) => {
    const given = picked(path);
    expect(await splatFileOf([given])).toBe(given.file);
  });

  test('a .ply with splats does, a point cloud does not', async () => {
    expect(await splatFileOf([splatPly])).toBe(splatPly.file);
    expect(await splatFileOf([picked('points.ply', pointCloud)])).toBeNull();
    expect(await splatFileOf([picked('points.ply', `${pointCloud}property float f_dc_0\n`)])).toBeNull();
    expect(await splatFileOf([picked('points.ply', pointCloud), splatPly])).toBe(splatPly.file);
  });

  test('a compressed .ply does', async () => {
    const fixture = (await splatFiles(blobScene(16, 0))).find(({ name }) => name.endsWith('.compressed.ply'));
    expect(plyDeclaresSplats(new TextDecoder('latin1').decode(fixture?.bytes.subarray(0, 4000)))).toBe(true);
  });

  test('photos, videos, archives and poses go on to training, whatever lies beside them', async () => {
    for (const other of ['a.jpg', 'walk.mp4', 'set.zip', 'sparse/0/cameras.bin', 'transforms.json'])
      expect(await splatFileOf([picked('a.splat'), picked(other)])).toBeNull();
  });
});

test('a name loses its ending', () => {
  expect(['a.b.ply', 'fox.compressed.ply', 'fox.spz', 'fox', '.ply'].map(nameWithoutEnding)).toEqual(['a.b', 'fox', 'fox', 'fox', '.ply']);
});
