/** Which of the given files are kept, and what they are called together. */
import { describe, expect, test } from 'vitest';
import { fromInput, nameOfPicked } from '../../../src/app/features/train/pickedFiles.ts';

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
    expect(nameOfPicked(files)).toBe('fox');
  });

  test('an archive is named after itself, without its ending', () => {
    expect(nameOfPicked(fromInput([file('my.garden.zip')]))).toBe('my.garden');
  });

  test('loose files next to an archive take its name', () => {
    expect(nameOfPicked(fromInput([file('a.jpg'), file('garden.zip')]))).toBe('garden');
  });

  test('a video alone is named after itself; loose photos, which cameras number, are not', () => {
    expect(nameOfPicked(fromInput([file('walk around.mp4')]))).toBe('walk around');
    expect(nameOfPicked(fromInput([file('IMG_0001.jpg'), file('IMG_0002.jpg')]))).toBe('scene');
    expect(nameOfPicked(fromInput([file('fox.compressed.ply')]))).toBe('fox');
    expect(nameOfPicked([])).toBe('scene');
  });
});
