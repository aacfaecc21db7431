/**
 * Splat files by their names.
 * Invariant: a .ply is none by its name alone, since a point cloud to train from has the same ending; the intake looks inside.
 */

const splatEnding = /\.(splat|ksplat|spz|sog|glb)$/i;

export const isSplatPath = (path: string): boolean => splatEnding.test(path);

/** A file's name without its ending, of which .compressed.ply is one. */
export const nameWithoutEnding = (name: string): string => name.replace(/(\.compressed)?\.[^.]+$/i, '') || name;
