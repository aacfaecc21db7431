/** What is found among the files a person gave, loose, in a folder or in a zip. */
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { photosOf } from '../../src/core/formats/photoFiles.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';

const file = (path: string, content: Uint8Array = new Uint8Array(4)): SourceFile => ({
  path,
  sizeBytes: content.length,
  bytes: () => Promise.resolve(content),
});
const zip = (...paths: string[]): Uint8Array => zipSync(Object.fromEntries(paths.map((path) => [path, new Uint8Array(3)])), { level: 0 });

async function found(...files: SourceFile[]) {
  const given = await photosOf(files);
  if (!given.ok) throw new Error(given.failure.detail);
  const { photos, video, hasPoses } = given.value;
  return { photos: photos.map(({ path }) => path), video: video?.path ?? null, hasPoses };
}

describe('photos of what was given', () => {
  test('loose photos in name order, without what is hidden or something else', async () => {
    expect(await found(file('b.jpg'), file('a.PNG'), file('notes.txt'), file('.c.jpg'), file('points.ply'))).toEqual({
      photos: ['a.PNG', 'b.jpg'],
      video: null,
      hasPoses: false,
    });
  });

  test('a zip of photos is looked into, its shared folder taken off', async () => {
    expect(await found(file('set.zip', zip('tree/2.jpg', 'tree/1.jpg', '__MACOSX/tree/1.jpg')))).toEqual({
      photos: ['1.jpg', '2.jpg'],
      video: null,
      hasPoses: false,
    });
  });

  test.each([
    ['a COLMAP model', ['images/a.jpg', 'sparse/0/cameras.bin', 'sparse/0/images.bin']],
    ['a COLMAP model whose cameras are missing', ['images/a.jpg', 'sparse/0/images.txt']],
    ['nerfstudio', ['images/a.jpg', 'transforms.json']],
  ])('%s has poses', async (_, paths) => {
    expect(await found(...paths.map((path) => file(path)))).toMatchObject({ hasPoses: true });
    expect(await found(file('all.zip', zip(...paths)))).toMatchObject({ hasPoses: true });
  });

  test('of several videos the largest', async () => {
    const given = [file('a.MOV', new Uint8Array(2)), file('b.mp4', new Uint8Array(9)), file('c.webm', new Uint8Array(3))];
    expect(await found(...given)).toEqual({ photos: [], video: 'b.mp4', hasPoses: false });
  });

  test('a damaged archive is a failure that names it', async () => {
    const given = await photosOf([file('cut.zip', zip('a.jpg', 'b.jpg').subarray(0, 40))]);
    expect(given).toMatchObject({ ok: false, failure: { code: 'bad-file', file: 'cut.zip' } });
  });
});
