/** The page's words, in English: what is kept on this device. */
import type { Project } from '../../../core/project/project.ts';
import { formatsFor } from '../format.ts';

const { bytes, count, date } = formatsFor('en');
const many = (n: number, one: string): string => `${count(n)} ${n === 1 ? one : `${one}s`}`;

export const projects = {
  heading: 'My splats',
  state: ({ state, photos, files, solve, training, splatFile }: Project): string => {
    if (splatFile !== null) return 'Splat file';
    if (state === 'trained') return training ? `Trained, ${many(training.splats, 'splat')}` : 'Trained';
    if (state === 'training') return training ? `Step ${count(training.step)} of ${count(training.totalSteps)}` : 'Training';
    if (state === 'solved') return solve ? `${count(solve.registered)} of ${many(solve.photos, 'photo')} placed` : 'Cameras placed';
    if (files.length > 0) return many(files.length, 'file');
    return photos.length > 0 ? `${count(photos.filter(({ keep }) => keep).length)} of ${many(photos.length, 'photo')} kept` : 'Empty';
  },
  facts: ({ updatedMs, bytes: size }: Project): string => `${date(updatedMs)}${size > 0 ? `, ${bytes(size)}` : ''}`,
  open: (name: string): string => `Open ${name}`,
  menu: (name: string): string => `More for ${name}`,
  rename: 'Rename',
  newName: 'Name',
  save: 'Save as one file',
  saving: 'Saving…',
  remove: 'Delete',
  cancel: 'Cancel',
  keepName: 'Keep the name',
  removeHeading: (name: string): string => `Delete ${name}?`,
  removeWhat: (size: number): string => `Its photos, cameras, splats and edits go for good. ${bytes(size)} become free.`,

  storage: {
    heading: 'Storage on this device',
    used: (used: number, quota: number | null): string =>
      quota === null ? `${bytes(used)} used` : `${bytes(used)} of ${bytes(quota)} used`,
    free: (free: number): string => `${bytes(free)} free`,
    kept: 'The browser keeps this until you delete it.',
    mayGo: 'The browser may clear this when the disk is full. Save what matters as files, or ask it to keep it.',
    notSaid: 'This browser does not say whether it keeps this. Save what matters as files.',
    ask: 'Ask the browser to keep it',
    refused: 'The browser does not promise it. It often does once the app is installed or used for a while.',
    projects: 'Projects by size',
    none: 'Nothing is kept here yet.',
    lighten: 'Remove what can be made again',
    lightenAbout: (size: number): string =>
      `Checkpoints and found features of all projects, ${bytes(size)}. Finished splats and photos stay.`,
    lightened: (size: number): string => `${bytes(size)} are free now.`,
    import: 'Open a project file',
    importing: 'Opening the project file…',
    importAbout: 'A project saved as one file, from this device or another one.',
    imported: (name: string): string => `${name} is on this device now.`,
    all: 'Delete everything',
    allAbout: 'Every project, photo, splat and setting of this app on this device.',
    allSure: 'Delete everything for good?',
    allYes: 'Yes, delete everything',
    back: 'Back',
  },
};
