/**
 * Which of a scene's files to load: the most detailed that the device and the page's own limit allow.
 * Invariant: a scene with files always gives one; the smallest when none fits.
 */
import type { SplatFormat } from '../formats/splatStream.ts';
import type { SceneFile } from './sceneSettingsTypes.ts';

export const fileFormats = [
  'ply',
  'compressed-ply',
  'splat',
  'ksplat',
  'spz',
  'sog',
  'gltf',
  'glb',
] as const satisfies readonly SplatFormat[];

/** What a splat with third-degree harmonics takes on average: only to guess a count from a length. */
const bytesPerSplat: Record<SplatFormat, number> = {
  ply: 236,
  'compressed-ply': 62,
  splat: 32,
  ksplat: 44,
  spz: 30,
  sog: 16,
  gltf: 120,
  glb: 120,
};

/** Splats of a file as far as can be told; null where nothing is known. */
function splatsOf({ splats, bytes, format }: SceneFile): number | null {
  return splats ?? (bytes === null ? null : bytes / bytesPerSplat[format ?? 'compressed-ply']);
}

/** Smallest first; a file about which nothing is known keeps its place after those before it in the list. */
export function sortedBySize(files: SceneFile[]): SceneFile[] {
  let last = 0;
  const keyed = files.map((file) => ({ file, size: (last = splatsOf(file) ?? last) }));
  return keyed.sort((a, b) => a.size - b.size).map(({ file }) => file);
}

export interface ViewingDevice {
  backend: 'webgpu' | 'webgl2';
  /** Touch is its main pointer, or it says that it is a phone. */
  handheld: boolean;
  /** As the browser tells, rounded and capped by it; null where it does not. */
  memoryGiB: number | null;
  /** The person asked to save data. */
  saveData: boolean;
}

/** Splats that stay fluent; the orders of magnitude in which other viewers budget too (1 M on phones, 2.5 to 4 M on computers). */
export function splatBudget({ backend, handheld, memoryGiB, saveData }: ViewingDevice): number {
  if (saveData) return 300_000;
  if (handheld) return memoryGiB !== null && memoryGiB <= 2 ? 500_000 : 1_000_000;
  if (backend === 'webgl2' || (memoryGiB !== null && memoryGiB <= 4)) return 1_500_000;
  return 4_000_000;
}

/**
 * @param files of one scene, in any order
 * @param maxSplats the page's limit, null for none
 * @param budget the device's, from splatBudget
 * @returns the largest file within both, else the smallest; null for a scene without files
 */
export function chooseFile(files: SceneFile[], maxSplats: number | null, budget: number): SceneFile | null {
  const sorted = sortedBySize(files);
  const most = Math.min(maxSplats ?? Infinity, budget);
  const fits = sorted.filter((file) => (splatsOf(file) ?? 0) <= most);
  return fits.at(-1) ?? sorted[0] ?? null;
}
