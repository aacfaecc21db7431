/** Names and numbers of new photos. Invariant: no two photos of a project have one name or one file. */
import type { ProjectPhoto } from '../../src/core/project/project.ts';

/** The name itself, or with a number before its ending where it is taken. The result is taken then. */
export function uniqueName(name: string, taken: Set<string>): string {
  const dot = /\.[^./]*$/.exec(name)?.index ?? name.length;
  let unique = name;
  for (let n = 2; taken.has(unique); n++) unique = `${name.slice(0, dot)}_${n}${name.slice(dot)}`;
  taken.add(unique);
  return unique;
}

/** The number after the highest that a photo's file has. */
export const nextNumber = (photos: readonly Pick<ProjectPhoto, 'file'>[]): number =>
  photos.reduce((most, { file }) => Math.max(most, Number(/^photo-(\d+)/.exec(file)?.[1] ?? 0)), 0) + 1;
