/**
 * Which file of a model is brought to a device.
 * Invariant: whatever is there, one is chosen.
 */
import type { CloudProject } from '../../../core/job/cloudProjects.ts';
import { viewedFormats } from '../../../core/job/cloudShares.ts';

type ModelFile = CloudProject['models'][number]['formats'][number];

/** A .ply loses nothing and can be edited, so it comes first while it is not too much for a phone. */
const mostPlyBytes = 200_000_000;

export function modelToBring({ models }: CloudProject): (ModelFile & { id: string }) | null {
  const [model] = models;
  if (!model) return null;
  const ply = model.formats.find(({ format, bytes }) => format === 'ply' && bytes <= mostPlyBytes);
  const rest = viewedFormats.flatMap((wanted) => model.formats.filter(({ format }) => format === wanted));
  const file = ply ?? rest.at(0);
  return file ? { ...file, id: model.id } : null;
}
