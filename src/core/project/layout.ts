/**
 * Where a project's files lie in the private file system: projects/<id>/<name>.
 * Invariant: every name is made here, so that page, workers and clean-up agree; a name never holds what the person typed but its ending.
 */

/** The folder of all projects. */
export const projectsFolder = 'projects';

/** Cameras, points and where they are seen, sealed (sealed.ts). */
export const solvedFile = 'solved.bin';
/** Checkpoints in turns, sealed: while one is written the other is whole. */
export const checkpointFiles = ['checkpoint-0.bin', 'checkpoint-1.bin'] as const;
/** What the trainer wrote last, sealed .ply: in turns too. The newest that is whole counts. */
export const trainedFiles = ['trained-0.bin', 'trained-1.bin'] as const;

const endingOf = (name: string): string => /\.[a-z0-9]{1,8}$/i.exec(name)?.[0].toLowerCase() ?? '';

/** The n-th photo as received. */
export const photoFile = (n: number, name: string): string => `photo-${String(n).padStart(5, '0')}${endingOf(name)}`;
/** The small picture of the n-th photo, JPEG. */
export const thumbnailFile = (photo: string): string => `${photo.replace(/\.[^.]*$/, '')}.thumb.jpg`;
/** The n-th file of a data set. */
export const givenFile = (n: number, name: string): string => `given-${String(n).padStart(5, '0')}${endingOf(name)}`;
/** A splat file the person brought. */
export const broughtFile = (name: string): string => `splats${/\.compressed\.ply$/i.test(name) ? '.compressed.ply' : endingOf(name)}`;
