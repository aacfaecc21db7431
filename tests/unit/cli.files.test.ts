/** The command line's files: folders walked, results written whole, names that stay inside their folder, failures in words. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileFailure } from '../../src/cli/fileFailure.ts';
import { failureText } from '../../src/cli/failureText.ts';
import { openDataset } from '../../src/cli/openDataset.ts';
import { createPictureNamer, makeFolder, pictureName, refusePhotoFolder, writeWhole } from '../../src/cli/outputFiles.ts';
import { folderFiles } from '../../src/cli/sourceFiles.ts';
import type { Result } from '../../src/core/job/failure.ts';

let root = '';
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'splat-cli-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content = path): string {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
  return full;
}

const failureOf = (result: Result<unknown>): { code: string; detail: string; file?: string } => {
  if (result.ok) throw new Error('expected a failure');
  return result.failure;
};

async function paths(): Promise<string[]> {
  const files = await folderFiles(root);
  if (!files.ok) throw new Error(files.failure.detail);
  return files.value.map((file) => file.path);
}

describe('walking a folder', () => {
  test('lists files in code-unit order with their sizes, and reads bytes when asked', async () => {
    ['images/b.jpg', 'images/B.jpg', 'images/a.jpg', 'sparse/0/images.bin', 'transforms.json'].forEach((path) => put(path));
    const files = await folderFiles(root);
    if (!files.ok) throw new Error(files.failure.detail);
    expect(files.value.map((file) => file.path)).toEqual([
      'images/B.jpg',
      'images/a.jpg',
      'images/b.jpg',
      'sparse/0/images.bin',
      'transforms.json',
    ]);
    expect(files.value[1].sizeBytes).toBe(12);
    writeFileSync(join(root, 'images/a.jpg'), 'later');
    expect(new TextDecoder().decode(await files.value[1].bytes())).toBe('later');
  });

  test('passes over hidden files and folders and what macOS adds', async () => {
    ['.DS_Store', '.git/config', '__MACOSX/a.jpg', 'images/._a.jpg', 'images/a.jpg'].forEach((path) => put(path));
    expect(await paths()).toEqual(['images/a.jpg']);
  });

  test('follows links, but not in circles and not into nowhere', async () => {
    put('real/a.jpg');
    symlinkSync(join(root, 'real'), join(root, 'images'));
    symlinkSync(root, join(root, 'real', 'up'));
    symlinkSync(join(root, 'real', 'a.jpg'), join(root, 'real', 'b.jpg'));
    symlinkSync(join(root, 'gone.jpg'), join(root, 'real', 'gone.jpg'));
    symlinkSync('self', join(root, 'self'));
    expect(await paths()).toEqual(['images/a.jpg', 'images/b.jpg', 'real/a.jpg', 'real/b.jpg']);
  });

  test('passes over large files of other kinds; large photos and models stay', async () => {
    for (const name of ['film.mp4', 'points3D.bin', 'a.PNG']) truncateSync(put(name), 300 * 1024 * 1024);
    put('film-small.mp4');
    expect(await paths()).toEqual(['a.PNG', 'film-small.mp4', 'points3D.bin']);
  });

  test('names a folder that is not there', async () => {
    const failure = failureOf(await folderFiles(join(root, 'nowhere')));
    expect(failure).toMatchObject({ code: 'bad-file', detail: `Cannot read ${join(root, 'nowhere')}: it does not exist.` });
  });
});

describe('opening a dataset', () => {
  test('a missing path, a file of another kind and an archive cut short are failures that name it', async () => {
    expect(failureOf(await openDataset(join(root, 'nowhere'), undefined)).detail).toContain('nowhere: it does not exist');
    expect(failureOf(await openDataset(put('photos.rar'), undefined)).detail).toContain('photos.rar is neither a folder nor a .zip');
    expect(failureOf(await openDataset(put('photos.zip', 'PK\u0003\u0004 cut'), undefined))).toMatchObject({
      code: 'bad-file',
      file: 'photos.zip',
    });
  });

  test('an empty folder has too few photos', async () => {
    expect(failureOf(await openDataset(root, undefined)).code).toBe('too-few-photos');
  });
});

describe('writing', () => {
  test('makes the folders and leaves nothing but the file', async () => {
    const path = join(root, 'a/b/scene.ply');
    expect((await writeWhole(path, new Uint8Array([1, 2, 3]))).ok).toBe(true);
    expect((await writeWhole(path, new Uint8Array([4]))).ok).toBe(true);
    expect([...readFileSync(path)]).toEqual([4]);
    expect(readdirSync(join(root, 'a/b'))).toEqual(['scene.ply']);
  });

  test('a target that cannot be replaced is a failure; what was there stays and no part file is left', async () => {
    put('scene.ply/in-the-way');
    const failure = failureOf(await writeWhole(join(root, 'scene.ply'), 'x'));
    expect(failure).toMatchObject({ code: 'bad-file', file: join(root, 'scene.ply') });
    expect(readdirSync(root)).toEqual(['scene.ply']);
    expect(existsSync(join(root, 'scene.ply/in-the-way'))).toBe(true);
  });

  test('a file where a folder must be is named', async () => {
    put('out');
    expect(failureOf(await makeFolder(join(root, 'out'))).detail).toContain('a file of that name is in the way');
    expect(failureOf(await makeFolder(join(root, 'out/deeper'))).detail).toContain('not a folder');
    expect(failureOf(await writeWhole(join(root, 'out/scene.ply'), 'x')).file).toBe(join(root, 'out/scene.ply'));
  });

  test('pictures are not written among the photos they are named after', async () => {
    const photos = [put('fox/images/a.png'), put('fox/images/b.png')];
    symlinkSync(join(root, 'fox/images'), join(root, 'pics'));
    expect(failureOf(await refusePhotoFolder(join(root, 'fox/images'), photos)).code).toBe('bad-file');
    expect(failureOf(await refusePhotoFolder(join(root, 'fox/../pics'), photos)).code).toBe('bad-file');
    expect((await refusePhotoFolder(join(root, 'fox/renders'), photos)).ok).toBe(true);
    expect((await refusePhotoFolder(join(root, 'fox'), photos)).ok).toBe(true);
  });
});

describe('picture names', () => {
  test.each([
    ['a.jpg', 'a'],
    ['IMG.v2.JPEG', 'IMG.v2'],
    ['left/0001.png', 'left_0001'],
    ['left\\0001.png', 'left_0001'],
    ['../../etc/passwd', '___.._etc_passwd'],
    ['/root.png', '_root'],
    ['no-extension', 'no-extension'],
    ['.hidden', '_hidden'],
    ['a/.png', 'a_.png'],
    ['..', '_'],
    ['what?*:"<>|.png', 'what_______'],
    ['', '_'],
    ['Füchsin 1.jpg', 'Füchsin 1'],
  ])('%s -> %s', (photo, name) => {
    expect(pictureName(photo)).toBe(name);
  });

  test('never lead out of their folder', () => {
    for (const name of ['../a.png', '..\\..\\a', './../..', 'C:\\a.png', 'a/../../b.png', '..', '.', 'a\u0000/b.png']) {
      expect(pictureName(name)).not.toMatch(/[/\\:]|^\.|^$/);
      expect([...pictureName(name)].every((letter) => letter >= ' ')).toBe(true);
    }
  });

  test('two photos never share one', () => {
    const nameOf = createPictureNamer();
    expect(['a/b.jpg', 'a_b.png', 'A_B.jpg', 'a_b-2.jpg', 'c.jpg'].map(nameOf)).toEqual(['a_b', 'a_b-2', 'A_B-3', 'a_b-2-2', 'c']);
  });
});

describe('failures of the file system', () => {
  test('a full disk is told apart', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    expect(fileFailure(full, 'write', 'out/scene.ply')).toEqual({
      code: 'storage-full',
      detail: 'Cannot write out/scene.ply: the disk is full.',
      file: 'out/scene.ply',
    });
  });

  test('a programming error is not dressed up as a failure', () => {
    expect(() => fileFailure(new TypeError('x is undefined'), 'read', 'a')).toThrow(TypeError);
  });

  test('a file that may not be read is named', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(fileFailure(denied, 'read', 'a.ply')).toMatchObject({ code: 'bad-file', detail: 'Cannot read a.ply: access is denied.' });
  });

  test('a long list of photos is cut', () => {
    const photos = Array.from({ length: 20 }, (_, i) => `${i}.jpg`);
    expect(failureText('Warning', { code: 'partial', detail: 'x', photos })).toContain(
      'Photos: 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg, 6.jpg, 7.jpg and 12 more',
    );
  });
});
