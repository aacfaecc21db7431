/** What the list says of a project, in both languages, and the names of saved project files. */
import { describe, expect, test } from 'vitest';
import { projectFileName } from '../../../src/app/features/projects/fileName.ts';
import { projects as german } from '../../../src/app/i18n/de/projects.ts';
import { projects as english } from '../../../src/app/i18n/en/projects.ts';
import { repairedProject } from '../../../src/app/services/store/projectRepair.ts';
import type { Project } from '../../../src/core/project/project.ts';

const project = (more: object): Project => repairedProject({ id: 'p', ...more })!;
const photos = [{ file: 'a.jpg' }, { file: 'b.jpg', keep: false }];
const solve = { photos: 86, registered: 41 };

describe('a project in words', () => {
  test.each<[object, string, string]>([
    [{}, 'Empty', 'Leer'],
    [{ state: 'checked', photos }, '1 of 2 photos kept', '1 von 2 Fotos behalten'],
    [{ state: 'solved', photos, solve }, '41 of 86 photos placed', '41 von 86 Fotos haben ihren Platz'],
    [{ state: 'training', training: { step: 2100, totalSteps: 7000 } }, 'Step 2,100 of 7,000', 'Schritt 2.100 von 7.000'],
    [{ state: 'trained', training: { step: 7, totalSteps: 7, splats: 120_000 } }, 'Trained, 120,000 splats', 'Trainiert, 120.000 Splats'],
    // Stopped by the person: what there is, not what was planned.
    [{ state: 'trained', training: { step: 5, totalSteps: 7, splats: 1 } }, 'Trained, 1 splat', 'Trainiert, 1 Splat'],
    [{ state: 'trained' }, 'Trained', 'Trainiert'],
    [{ state: 'training' }, 'Training', 'Im Training'],
    [{ state: 'solved' }, 'Cameras placed', 'Kameras platziert'],
    [{ splatFile: 'splats.ply' }, 'Splat file', 'Splat-Datei'],
    [{ files: [{ file: 'given-00001.bin' }] }, '1 file', '1 Datei'],
  ])('%j', (more, inEnglish, inGerman) =>
    expect([english.state(project(more)), german.state(project(more))]).toEqual([inEnglish, inGerman]),
  );

  test('deleting says what goes and how much room it gives', () => {
    expect(english.removeWhat(3.4e9)).toContain('3.4 GB');
    expect(german.removeWhat(3.4e9)).toContain('3,4 GB');
  });
});

test.each([
  ['Küche', 'Küche.splatproject.zip'],
  ['a/b\\c: "d"?', 'a b c d.splatproject.zip'],
  ['../..', 'splat.splatproject.zip'],
  ['', 'splat.splatproject.zip'],
  ['x'.repeat(300), `${'x'.repeat(80)}.splatproject.zip`],
])('the file of %j', (name, file) => expect(projectFileName(name)).toBe(file));
