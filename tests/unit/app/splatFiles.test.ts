/** Splat files by their names. */
import { expect, test } from 'vitest';
import { isSplatPath, nameWithoutEnding } from '../../../src/app/features/view/splatFiles.ts';

test('endings in either case, in folders too; a .ply may be points', () => {
  expect(['a.splat', 'a.KSPLAT', 'a.spz', 'a.sog', 'folder/a.glb'].every(isSplatPath)).toBe(true);
  expect(['a.ply', 'a.jpg', 'splat', 'a.splat.zip'].some(isSplatPath)).toBe(false);
});

test('a name loses its ending', () => {
  expect(['a.b.ply', 'fox.compressed.ply', 'fox.spz', 'fox', '.ply'].map(nameWithoutEnding)).toEqual(['a.b', 'fox', 'fox', 'fox', '.ply']);
});
