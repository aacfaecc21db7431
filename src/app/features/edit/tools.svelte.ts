/**
 * Which tool is in hand, and how it is set: shared by the panel beside the scene and by what is drawn over it.
 * Invariant: at most one tool is in hand; what was set stays when it is put away.
 */
import type { Vector3 } from '../../../core/math/rotation.ts';
import type { OrientedBox, Sphere } from '../../../core/scene/edit/operations.ts';
import type { PickedPoint } from './sight.svelte.ts';

export const toolNames = ['select', 'box', 'sphere', 'clean', 'turn', 'start', 'hotspots', 'background'] as const;
export type ToolName = (typeof toolNames)[number];
export type DrawnShape = 'brush' | 'lasso';
export type SelectAs = 'add' | 'remove';
/** What the next tap on the scene is for. */
export type Picking = 'ground' | 'hotspot' | 'centre' | null;

export const radiusLimitsPx = { min: 4, max: 160 } as const;

export class Tools {
  tool = $state<ToolName | null>(null);
  shape = $state<DrawnShape>('brush');
  as = $state<SelectAs>('add');
  through = $state(false);
  radiusPx = $state(28);
  box = $state.raw<OrientedBox | null>(null);
  sphere = $state.raw<Sphere | null>(null);
  strength = $state(0.5);
  picking = $state<Picking>(null);
  /** Ground points picked so far, file space. */
  points = $state.raw<Vector3[]>([]);
  /** Takes what was tapped while `picking`. */
  onpick: ((point: PickedPoint) => void) | null = null;
  /** The hotspot whose text is being written. */
  hotspot = $state<string | null>(null);

  choose(tool: ToolName | null): void {
    this.tool = tool;
    this.pick(null);
    this.points = [];
  }

  /** The next taps on the scene go to `take`, until it says otherwise. */
  pick(picking: Picking, take: ((point: PickedPoint) => void) | null = null): void {
    this.picking = picking;
    this.onpick = take;
  }

  /** A plain drag on the scene belongs to the tool. */
  get draws(): boolean {
    return this.tool === 'select';
  }

  widen(byPx: number): void {
    this.radiusPx = Math.min(radiusLimitsPx.max, Math.max(radiusLimitsPx.min, this.radiusPx + byPx));
  }
}
