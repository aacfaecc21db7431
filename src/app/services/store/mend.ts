/**
 * A record held against the project's files. "The files win": what a record tells of files that are not there is taken back, and a file
 * younger than the record (a tab closed between the two) moves it on.
 * Invariant: the result says no more than the files hold; a record that agrees with them comes back as the same object.
 */
import { checkpointFiles, solvedFile, trainedFiles } from '../../../core/project/layout.ts';
import type { Project, ProjectState } from '../../../core/project/project.ts';

export interface FileFacts {
  sizeBytes: number;
  modifiedMs: number;
}
export type Listing = ReadonlyMap<string, FileFacts>;

const order: readonly ProjectState[] = ['empty', 'checked', 'solved', 'training', 'trained'];
const rank = (state: ProjectState): number => order.indexOf(state);

/** The furthest state that some of the files allow. */
function stateOf(files: Listing, hasInput: boolean): ProjectState {
  const [checkpoint, trained] = [checkpointFiles, trainedFiles].map((names) => names.some((name) => files.has(name)));
  if (trained) return 'trained';
  if (checkpoint) return 'training';
  if (files.has(solvedFile)) return 'solved';
  return hasInput ? 'checked' : 'empty';
}

function stateFrom(project: Project, files: Listing, hasInput: boolean): ProjectState {
  const { state, updatedMs, training } = project;
  const furthest = stateOf(files, hasInput);
  if (rank(state) > rank(furthest)) return furthest;
  // Splats without a checkpoint to go on from are what the run came to.
  if (state === 'training' && furthest === 'trained' && !checkpointFiles.some((name) => files.has(name))) return 'trained';
  // An older file may belong to photos that were changed since: the record knew it and says less on purpose.
  const younger = new Map([...files].filter(([, { modifiedMs }]) => modifiedMs > updatedMs));
  const reached = stateOf(younger, hasInput);
  if (rank(reached) <= rank(state)) return state;
  return reached === 'trained' && state !== 'trained' && training === null && checkpointFiles.some((name) => files.has(name))
    ? 'training'
    : reached;
}

/**
 * The record as the files allow it. `allFilesThere`: no file of it is still being written, so that photos without one are gone for good.
 */
export function projectRecord(project: Project, files: Listing, { allFilesThere }: { allFilesThere: boolean }): Project {
  const isThere = ({ file }: { file: string }): boolean => files.has(file);
  // Of a photo that could not be opened there never was a file.
  const photos = allFilesThere ? project.photos.filter((photo) => photo.file === '' || isThere(photo)) : project.photos;
  const given = allFilesThere ? project.files.filter(isThere) : project.files;
  const splatFile = project.splatFile !== null && files.has(project.splatFile) ? project.splatFile : null;
  const hasInput = photos.length + given.length > 0 || splatFile !== null;
  const state = stateFrom(project, files, hasInput);
  const mended: Project = {
    ...project,
    photos: photos.length < project.photos.length ? photos : project.photos,
    files: given.length < project.files.length ? given : project.files,
    splatFile,
    state,
    solve: rank(state) >= rank('solved') ? project.solve : null,
    training: rank(state) >= rank('training') ? project.training : null,
    bytes: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  const same = (Object.keys(mended) as (keyof Project)[]).every((key) => mended[key] === project[key]);
  return same ? project : mended;
}
