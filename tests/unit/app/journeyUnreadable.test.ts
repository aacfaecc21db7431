/** A photo that could not be opened has no file; it stays listed all the same, so that the person sees what became of it. */
import { expect, test } from 'vitest';
import { projectRecord } from '../../../src/app/services/store/mend.ts';
import { repairedProject } from '../../../src/app/services/store/projectRepair.ts';
import { unreadableFacts } from '../../../workers/intake/photoFacts.ts';

const unreadable = unreadableFacts({ id: 'ab', name: 'notes.jpg', sizeBytes: 11 });
const good = { ...unreadable, id: 'cd', name: 'a.jpg', file: 'photo-00000.jpg', keep: true, reason: null };
const row = { id: 'p', state: 'checked', photos: [good, unreadable], createdMs: 1, updatedMs: 1 };

test('it comes back from the database as it went in', () => {
  expect(repairedProject(row)?.photos).toEqual([good, unreadable]);
});

test('files that are looked for and not found take their photos with them, not this one', () => {
  const project = repairedProject(row);
  if (!project) throw new Error('The record was refused.');
  expect(projectRecord(project, new Map(), { allFilesThere: true }).photos).toEqual([unreadable]);
});

test('a photo without a file that says it can be read is no photo', () => {
  expect(repairedProject({ ...row, photos: [{ ...good, file: '' }] })?.photos).toEqual([]);
});
