/**
 * The camera's place in words, for the live region: eight directions around the scene, three heights, named as on a stage, as
 * <model-viewer> does (its `a11y` keys for the four main directions work unchanged).
 * Invariant: every state has words; a table from the page need not be complete.
 */
import type { CameraState } from './cameraState.ts';

const directions = ['front', 'front-right', 'right', 'back-right', 'back', 'back-left', 'left', 'front-left'] as const;
const heights = ['upper-', '', 'lower-'] as const;
export type ViewName = `${(typeof heights)[number]}${(typeof directions)[number]}`;

/** All names, the keys of the string table. */
export const viewNames: ViewName[] = heights.flatMap((height) => directions.map((direction): ViewName => `${height}${direction}`));

/** English words. */
export const viewWords = Object.fromEntries(viewNames.map((name) => [name, `View from stage ${name}`])) as Record<ViewName, string>;

const turn = 2 * Math.PI;

/** Which of `count` equal directions an azimuth falls into, the first one centred on 0. */
function sector(theta: number, count: number): number {
  const sectors = Math.round((theta / turn) * count) % count;
  return Number.isFinite(sectors) ? (sectors + count) % count : 0;
}

const heightOf = (phi: number): (typeof heights)[number] => heights[Math.max(0, Math.min(2, Math.floor((3 * phi) / Math.PI) || 0))];

/** The name of the direction the camera looks from. At theta 90 degrees it stands to the scene's right, as seen from the front. */
export function viewName({ theta, phi }: Pick<CameraState, 'theta' | 'phi'>): ViewName {
  return `${heightOf(phi)}${directions[sector(theta, 8)]}`;
}

/** Words for where the camera is. A table that lacks a diagonal direction gives the nearest main one; one that lacks both, English. */
export function describeView(state: Pick<CameraState, 'theta' | 'phi'>, words: Partial<Record<string, string>> = {}): string {
  const name = viewName(state);
  const main: ViewName = `${heightOf(state.phi)}${directions[2 * sector(state.theta, 4)]}`;
  return words[name] ?? words[main] ?? viewWords[name];
}
