/**
 * Names of objects in R2.
 * Invariant: every part of a name is made here, of identifiers that the server made or checked; nothing a person typed is in one.
 */
import type { OutputKind } from '../../src/core/job/trainerApi.ts';

const isName = (text: string): boolean => /^[A-Za-z0-9_-]{1,80}$/.test(text);
function checked(text: string): string {
  if (!isName(text)) throw new Error('Not a name that an object key may hold.');
  return text;
}

/** Kinds that are served to people, each with its file ending. */
export const servedKinds = ['ply', 'splat', 'spz', 'sog'] as const satisfies OutputKind[];
const isServed = (kind: OutputKind): boolean => (servedKinds as readonly OutputKind[]).includes(kind);

export const projectPrefix = (projectId: string): string => `projects/${checked(projectId)}/`;
export const photoKey = (projectId: string, sha256: string): string => `${projectPrefix(projectId)}photos/${checked(sha256)}`;

export const modelsPrefix = 'models/';

/** A model is of one attempt of one job, so a late trainer can never write over another's files. */
export const modelKey = (modelId: string, kind: OutputKind): string =>
  isServed(kind) ? `${modelsPrefix}${checked(modelId)}.${kind}` : `${modelsPrefix}${checked(modelId)}/${kind}`;

/** What the names of all files of a model begin with; ids are of one length, so it is no other's. */
export const modelPrefix = (modelId: string): string => `${modelsPrefix}${checked(modelId)}`;

/** The way back from modelKey(); null for a name that it does not make. */
export function modelFileOf(key: string): { key: string; modelId: string; kind: string } | null {
  const [, modelId, kind] = /^models\/([\w-]+)[./]([a-z]+)$/.exec(key) ?? [];
  return modelId !== undefined && kind !== undefined ? { key, modelId, kind } : null;
}
