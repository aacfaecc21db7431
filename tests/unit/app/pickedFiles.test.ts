/** Which of the given files are kept, and what is said about them. */
import { describe, expect, test } from 'vitest';
import { fromInput, summarise } from '../../../src/app/features/train/pickedFiles.ts';

/** A file as a folder dialog gives it: Node's File has no webkitRelativePath. */
function file(path: string, bytes = 10): File {
  const made = new File([new Uint8Array(bytes)], path.split('/').at(-1) ?? path);
  return Object.assign(made, { webkitRelativePath: path.includes('/') ? path : '' });
}

describe('picked files', () => {
  test('keeps photos, videos, poses and archives with their paths; drops the rest and what is hidden', () => {
    const kept = [
      'fox/images/a.JPG',
      'fox/images/b.png',
      'fox/sparse/0/cameras.bin',
      'fox/transforms.json',
      'set.zip',
      'loose.webp',
      'walk.MOV',
    ];
    const dropped = ['fox/.DS_Store', 'fox/images/._a.jpg', '__MACOSX/fox/a.jpg', 'fox/movie.avi', 'fox/notes.docx', '.hidden/a.jpg'];
    expect(fromInput([...kept, ...dropped].map((path) => file(path))).map(({ path }) => path)).toEqual(kept);
  });

  test('a folder is named after itself', () => {
    const files = fromInput([file('fox/images/a.jpg', 100), file('fox/images/b.jpg', 50), file('fox/sparse/0/points3D.bin', 7)]);
    expect(summarise(files)).toEqual({ name: 'fox', photos: 2, videos: 0, archives: 0, bytes: 157 });
  });

  test('an archive is named after itself, without its ending', () => {
    expect(summarise(fromInput([file('my.garden.zip')]))).toMatchObject({ name: 'my.garden', photos: 0, archives: 1 });
  });

  test('loose files next to an archive take its name', () => {
    expect(summarise(fromInput([file('a.jpg'), file('garden.zip')])).name).toBe('garden');
  });

  test('a video alone is named after itself; loose photos, which cameras number, are not', () => {
    expect(summarise(fromInput([file('walk around.mp4')]))).toMatchObject({ name: 'walk around', photos: 0, videos: 1 });
    expect(summarise(fromInput([file('IMG_0001.jpg'), file('IMG_0002.jpg')])).name).toBe('scene');
  });
});
